"""Saving and loading of autoencoders as presets, which are folders that can be shared."""

import os
from typing import TYPE_CHECKING, Any, ClassVar, Self

import keras

from keras_cae.kinds import KINDS
from keras_cae.presets.bundled import BundledPresets
from keras_cae.presets.handles import check_folder, load_preset
from keras_cae.presets.preset_folder import PresetFolder
from keras_cae.validation import boolean

if TYPE_CHECKING:

    class Mixin(keras.Model):
        """The interface that the methods below extend."""

        rank: int
else:  # Keras replaces the bases of functional models, so this must not be a keras.Model.
    Mixin = object


class PresetFiles(Mixin):
    """The methods of an autoencoder that write and read presets.

    The attribute `presets` of a class lists the bundled presets of models of that class.
    """

    presets: ClassVar[Any] = BundledPresets()

    def save_to_preset(self, preset: str | os.PathLike[str], *, description: str = "") -> None:
        """Save the trained model to a folder that can be shared, and loaded by `from_preset`.

        The folder contains `config.json`, with the configuration of the model, the shape that it was built for and the
        type and range of its training images; `model.weights.h5`; `metadata.json`, with versions and checksums; and a
        `README.md`. It is written completely or not at all. The state of the optimizer is not saved: use `save` to
        continue training later.

        Args:
            preset: path of the folder, which must be new, empty or contain only a preset.
            description: description of the model in Markdown, for `README.md`.

        Raises:
            TypeError: `preset` is not a path, or `description` is not a string.
            ValueError: the model is not built, or the folder contains other files.
            DiskFullError: there is no space left. The previous content is unchanged.
        """
        if not isinstance(description, str):
            raise TypeError(f"description must be a string, got {description!r}.")
        folder = check_folder(preset)
        if not self.built:
            raise ValueError(
                f"{type(self).__name__} must be built before it can be saved to a preset: train it, call it on images, "
                f"or call build({KINDS[self.rank].shape_to_build})."
            )
        PresetFolder(folder).write(self, description)

    @classmethod
    def from_preset(cls, preset: str | os.PathLike[str], *, load_weights: bool = True) -> Self:
        """Load a model that `save_to_preset` wrote, or one that comes with the library.

        The model is not compiled. `CAE.from_preset` loads models of every class; the method of another class loads
        models of that class only. Nothing in the folder is executed as code.

        Args:
            preset: name of a bundled preset, see `presets`, which never needs the network; path of a folder; or a
                handle: "hf://USER/REPOSITORY" of the Hugging Face Hub, "kaggle://USER/MODEL/keras/VARIATION" of Kaggle.
            load_weights: whether to load the weights of the preset. Without them, the model has the same architecture,
                is built for the same images, and is untrained.

        Returns:
            The model.

        Raises:
            TypeError: an argument is invalid.
            ValueError: there is no such preset, it contains a model of another class, or it is damaged.
            ImportError: the handle needs a package that is not installed.
            OSError: the download failed.
        """
        return load_preset(preset, cls, boolean(load_weights, "load_weights"))
