"""A folder that contains a trained model."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from keras_cae.files import write_folder
from keras_cae.presets.model_card import model_card
from keras_cae.version import __version__

CONFIG, METADATA, WEIGHTS, CARD = "config.json", "metadata.json", "model.weights.h5", "README.md"
"""The files of a preset. The first three have the names of the files in preset folders of Keras."""
SERIALIZED = ("module", "class_name", "config", "registered_name", "build_config")
"""The entries of a model that Keras serializes, except for its compile arguments."""


class PresetFolder:
    """A folder that contains a trained model, whose weights are restored exactly.

    `config.json` describes the model, the shape that it was built for and its training images; `model.weights.h5`
    contains the weights without the optimizer; `metadata.json` contains checksums of both files, to detect damage; and
    `README.md` describes the model. Keras can also load the folder.

    Args:
        path: path of the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    # Writing

    def write(self, model: Any, description: str) -> None:
        """Write a built model.

        Raises:
            ValueError: the folder contains other files, or the model can't be created from its configuration.
            DiskFullError: there is no space left.
        """
        self._check_replaceable()
        config = _config_of(model, description)
        with write_folder(self.path) as unfinished:
            _write_json(unfinished / CONFIG, config)
            _write_weights(unfinished, model, config)
            metadata = {
                "keras_version": keras.version(),
                "date_saved": datetime.now(UTC).strftime("%Y-%m-%d@%H:%M:%S"),
                "parameters": model.count_params(),
                "sha256": {CONFIG: _sum_of_json(config), WEIGHTS: _sum_of_file(unfinished / WEIGHTS)},
            }
            _write_json(unfinished / METADATA, metadata)
            (unfinished / CARD).write_text(model_card(self.path.name, config, metadata), encoding="utf-8")

    def _check_replaceable(self) -> None:
        if self.path.is_file():
            raise ValueError(f"preset must be the path of a folder, got the file {str(self.path)!r}.")
        if not self.path.is_dir():
            return
        names = {file.name for file in self.path.iterdir()}
        if names and not (CONFIG in names and names <= {CONFIG, METADATA, WEIGHTS, CARD}):
            others = ", ".join(sorted(names - {CONFIG, METADATA, WEIGHTS, CARD})[:3]) or "an incomplete preset"
            raise ValueError(
                f"preset must be a new folder, an empty folder, or a folder that contains only a preset, which is then "
                f"replaced. {str(self.path)!r} contains {others}."
            )

    # Reading

    def config(self) -> dict[str, Any]:
        """Return the content of `config.json`.

        Raises:
            ValueError: the file is missing or damaged.
        """
        config = self._json(CONFIG)
        if not (isinstance(config.get("class_name"), str) and isinstance(config.get("config"), dict)):
            raise self._damaged(f"{CONFIG} does not describe a model")
        return config

    def model_class(self) -> Any:
        """Return the class of the model, or None if no class of that name is registered."""
        return keras.saving.get_registered_object(_registered_name(self.config()))

    def load(self, kind: Any, load_weights: bool) -> Any:
        """Return the model without compiling it.

        Args:
            kind: the required class of the model, or a base class.
            load_weights: whether to load the weights of the preset instead of initializing new weights.

        Raises:
            ValueError: the model has another class, or a file is missing or damaged.
        """
        config, found = self.config(), self.model_class()
        if found is None:
            raise ValueError(
                f"The preset {self.path.name!r} contains a model of the class {_registered_name(config)!r}, which is "
                "not registered with Keras. If it is your own class, import the module that defines it."
            )
        check_class(found, kind, self.path.name)
        sums = self._check(CONFIG, lambda: _sum_of_json(config))
        model = self._create_model(found, config)
        check_class(type(model), kind, self.path.name)
        if not load_weights:
            return model
        if not (self.path / WEIGHTS).is_file():
            raise self._damaged(f"there is no {WEIGHTS}")
        self._check(WEIGHTS, lambda: _sum_of_file(self.path / WEIGHTS), sums)
        try:
            model.load_weights(self.path / WEIGHTS)
        except Exception as error:  # HDF5 and Keras raise many types of exceptions.
            raise self._damaged(f"{WEIGHTS} can't be read ({error})") from error
        return model

    def _create_model(self, found: Any, config: dict[str, Any]) -> Any:
        try:
            return _model_of(found, config)
        except Exception as error:  # A modified configuration may cause any exception.
            versions = config.get("versions")
            written = versions.get("keras_cae") if isinstance(versions, dict) else None
            by = f", which keras_cae {written} wrote; this is keras_cae {__version__}" if written != __version__ else ""
            raise self._damaged(f"no {found.__name__} can be created from {CONFIG}{by} ({error})") from error

    def _check(self, name: str, computed: Callable[[], str], sums: Any = None) -> Any:
        """Compare a file with its checksum, if there is one, and return all checksums."""
        if sums is None:
            sums = self._json(METADATA).get("sha256", {}) if (self.path / METADATA).exists() else {}
        if not isinstance(sums, dict):
            raise self._damaged(f"the checksums in {METADATA} are not a dictionary")
        if name in sums and sums[name] != computed():
            raise self._damaged(
                f"{name} has changed since it was written. If you changed it on purpose, remove its checksum "
                f"from {METADATA}"
            )
        return sums

    def _json(self, name: str) -> dict[str, Any]:
        try:
            content = json.loads((self.path / name).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ValueError(f"The folder {str(self.path)!r} is not a preset, because it has no {name}.") from error
        except (OSError, ValueError, RecursionError) as error:
            raise self._damaged(f"{name} can't be read ({error})") from error
        if not isinstance(content, dict):
            raise self._damaged(f"{name} is not a JSON object")
        return content

    def _damaged(self, reason: str) -> ValueError:
        return ValueError(f"The preset in {str(self.path)!r} is damaged: {reason}.")


def check_class(found: Any, kind: Any, name: str) -> None:
    """Raise a `ValueError` if the class of a preset's model is not `kind` or a subclass."""
    if isinstance(found, type) and issubclass(found, kind):
        return
    found_name = getattr(found, "__name__", str(found))
    remedy = "" if kind.__name__ == "CAE" else f" Use {found_name}.from_preset, or CAE.from_preset for any class."
    raise ValueError(f"The preset {name!r} contains a {found_name}, not a {kind.__name__}.{remedy}")


def _registered_name(config: dict[str, Any]) -> str:
    return str(config.get("registered_name") or config["class_name"])


def fresh(model: Any) -> Any:
    """Return a new model with the configuration of another model and new weights."""
    return _model_of(type(model), keras.saving.serialize_keras_object(model))


def _model_of(found: Any, config: dict[str, Any]) -> Any:
    plain = {name: config.get(name) for name in SERIALIZED}
    plain |= {"module": found.__module__, "class_name": found.__name__}
    return keras.saving.deserialize_keras_object(plain, safe_mode=True)


def _config_of(model: Any, description: str) -> dict[str, Any]:
    serialized = keras.saving.serialize_keras_object(model)
    if keras.saving.get_registered_object(serialized["registered_name"]) is not type(model):
        raise ValueError(
            f"{type(model).__name__} must be registered with Keras to be saved: put "
            '@keras.saving.register_keras_serializable(package="…") above the class.'
        )
    lowest, highest = model._gate.span or (None, None)
    config = {
        **{name: serialized[name] for name in SERIALIZED},
        "description": description,
        "images": {"rank": model.rank, "dtype": model._gate.dtype, "lowest": lowest, "highest": highest},
        "versions": {"keras_cae": __version__, "keras": keras.version(), "tensorflow": tf.__version__},
    }
    return json.loads(json.dumps(config))  # Converts tuples to lists, as in the file.


def _write_weights(folder: Path, model: Any, config: dict[str, Any]) -> None:
    """Write the weights without the state of the optimizer, by way of a new model that has no optimizer."""
    everything = folder / f"everything.{WEIGHTS.split('.', 1)[1]}"
    model.save_weights(everything)
    copy = _model_of(type(model), config)
    copy.load_weights(everything)
    everything.unlink()
    copy.save_weights(folder / WEIGHTS)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _sum_of_json(content: dict[str, Any]) -> str:
    """Return the checksum of the content, which does not depend on the line endings."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _sum_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
