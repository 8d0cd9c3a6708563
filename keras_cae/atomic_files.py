"""Mixins of models whose files are written atomically.

The autoencoders, their encoders and decoders, and the detectors derive from these classes.
"""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from keras_cae.files import write_atomically

if TYPE_CHECKING:

    class Mixin(keras.Model):
        """The interface that the methods below extend."""
else:  # Keras replaces the bases of functional models, so this must not be a keras.Model.
    Mixin = object


BUILT = "built"
"""The name of the flag in the saved weights that says whether the model was built when it was saved."""


class AtomicFiles(Mixin):
    """Mixin for a `keras.Model` that writes its files atomically: it writes new files, which then replace the old ones.

    Even if the process is killed, the requested path holds either the old file or the new one. This also applies to the
    callbacks that call these methods: `ModelCheckpoint`, `BackupAndRestore` and those of KerasTuner.
    """

    def save(self, filepath: Any, overwrite: bool = True, **kwargs: Any) -> None:
        if _is_plain(filepath, overwrite) and not kwargs:
            with write_atomically(filepath) as unfinished:
                super().save(unfinished)
        else:
            super().save(filepath, overwrite=overwrite, **kwargs)

    def save_weights(self, filepath: Any, overwrite: bool = True, **kwargs: Any) -> None:
        """Save the weights, as `keras.Model.save_weights` does.

        Args:
            filepath: path that ends in ".weights.h5".
            overwrite: whether to replace an existing file without asking.
            **kwargs: arguments of `keras.Model.save_weights`.

        Raises:
            OSError: the disk is full. The file is as it was before.
        """
        if not _is_plain(filepath, overwrite) or kwargs:
            super().save_weights(filepath, overwrite=overwrite, **kwargs)
            return
        # HDF5 kills the process if the disk is full when it closes a file, so it writes to memory instead.
        content = _NamedBuffer(filepath)
        super().save_weights(content)
        with write_atomically(filepath) as unfinished:
            unfinished.write_bytes(content.getbuffer())

    def export(self, filepath: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_plain(filepath):
            super().export(filepath, *args, **kwargs)
            return
        with write_atomically(filepath) as unfinished:
            super().export(str(unfinished), *args, **kwargs)


class BuiltModelFiles(AtomicFiles):
    """Mixin for a model that is built for a shape of images, whose files load completely or raise an error.

    Keras only warns if the configuration in a file does not say how to build the model, and does not load the weights.
    """

    def build_from_config(self, config: dict[str, Any]) -> None:
        shape = config.get("input_shape") if isinstance(config, dict) else None
        if not isinstance(shape, list | tuple):
            raise ValueError(
                f"The file of this {type(self).__name__} is damaged: its build_config must have the input_shape of "
                f"the images, got {config!r}."
            )
        self.build(tuple(shape))

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        if self.built:
            store[BUILT] = np.array(True)

    def load_own_variables(self, store: Any) -> None:
        kept = {name: np.asarray(store[name]) for name in list(store.keys())}
        if kept.pop(BUILT, False) and not self.built:
            raise ValueError(
                f"The file of this {type(self).__name__} is damaged: it has weights, but no build_config with the "
                "shape of the images."
            )
        super().load_own_variables(kept)


class _NamedBuffer(io.BytesIO):
    """A buffer in memory whose string representation is a path, as Keras expects of a file."""

    def __init__(self, path: Any) -> None:
        super().__init__()
        self._path = path

    def __str__(self) -> str:
        return str(self._path)


def _is_plain(path: Any, overwrite: bool = True) -> bool:
    """Return whether a path is local and can be written without asking whether to overwrite a file."""
    if not isinstance(path, str | os.PathLike) or "://" in str(path):
        return False
    return overwrite or not Path(path).exists()
