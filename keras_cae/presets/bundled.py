"""The bundled presets."""

from pathlib import Path
from typing import Any

from keras_cae.presets.preset_folder import CONFIG, PresetFolder

ROOT = Path(__file__).parent


def bundled_folders() -> dict[str, PresetFolder]:
    """Return the bundled presets by name."""
    return {file.parent.name: PresetFolder(file.parent) for file in sorted(ROOT.glob(f"*/{CONFIG}"))}


class BundledPresets:
    """The attribute `presets` of a class: the bundled presets that its `from_preset` accepts, by name."""

    def __get__(self, instance: Any, owner: Any) -> dict[str, dict[str, Any]]:
        return {
            name: _summary(folder)
            for name, folder in bundled_folders().items()
            if issubclass(folder.model_class() or object, owner)
        }


def _summary(folder: PresetFolder) -> dict[str, Any]:
    config = folder.config()
    return {
        "class": config["class_name"],
        "description": config.get("description", "").split("\n\n")[0],
        "input_shape": tuple(config["build_config"]["input_shape"]),
    }
