"""The base class of the formats of exported files."""

import abc
import importlib.util
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_cae.exporting.served import Outputs, Served
from keras_cae.extras import install_hint
from keras_cae.files import write_atomically

Run = Callable[[np.ndarray], Outputs]


class FileFormat(abc.ABC):
    """A format of exported files: how to write one, and how to run it in its own runtime."""

    name: ClassVar[str]
    title: ClassVar[str]
    """The name of the format in sentences."""
    suffix: ClassVar[str] = ""
    """The required suffix of paths."""
    packages: ClassVar[tuple[str, ...]] = ()
    """The modules that are required to write files."""
    runtimes: ClassVar[tuple[str, ...]] = ()
    """The modules of which one is required to run files."""
    extra: ClassVar[str] = ""
    """The extra of this library that installs these modules."""
    keeps_precision: ClassVar[bool] = False
    """Whether files compute in the precision of the model. Otherwise, they compute in float32."""
    options: ClassVar[tuple[str, ...]] = ()
    """Further arguments of `export`."""

    @abc.abstractmethod
    def write(self, served: Served, path: Path, options: dict[str, Any]) -> None:
        """Write a file or folder.

        Raises:
            ValueError: the format does not support an operation of the model.
        """

    @abc.abstractmethod
    def load(self, path: Path) -> Run:
        """Return a function that runs a file in its runtime."""

    @contextmanager
    def files(self, path: Any) -> Iterator[Path]:
        """Yield a temporary path to write to, which replaces the old file at the end of the block."""
        if "://" in str(path):
            with tempfile.TemporaryDirectory() as folder:
                unfinished = Path(folder) / str(path).rstrip("/").rsplit("/", maxsplit=1)[-1]
                yield unfinished
                _copy(unfinished, str(path).rstrip("/"))
            return
        with write_atomically(path) as unfinished:
            yield unfinished

    def check(self, path: Any, options: dict[str, Any]) -> None:
        """Raise an error if the path or an option is invalid, or a package is missing."""
        if self.suffix and not str(path).endswith(self.suffix):
            raise ValueError(f"filepath must end with {self.suffix!r} for {self.title}, got {str(path)!r}.")
        for name in options:
            if name not in self.options:
                known = f"supports only {', '.join(self.options)}" if self.options else "has no options"
                raise ValueError(f"{name} is not an option of format={self.name!r}, which {known}.")
        missing = [module for module in self.packages if not is_installed(module)]
        if missing:
            raise ImportError(f"format={self.name!r} needs {' and '.join(missing)}. {install_hint(self.extra)}")

    @property
    def can_run(self) -> bool:
        """Whether a runtime is installed."""
        return not self.runtimes or any(map(is_installed, self.runtimes))

    def unknown_operations(self, error: BaseException) -> tuple[str, ...]:
        """Return the names of the operations that an error of the converter or the runtime reports as unsupported."""
        return ()

    def impossible(self, served: Served, operations: Any, error: BaseException | None = None) -> ValueError:
        """Return the error for a model that the format does not support.

        Args:
            served: the function to export.
            operations: the names of the unsupported operations. If there are none, `error` is quoted instead.
            error: the error of the converter.
        """
        names = ", ".join(sorted(set(operations)))
        reason = f"does not support {names}" if names else f"raised an error: {first_line(error)}"
        fixed = ""
        if None in served.shape[1:]:
            fixed = ", or images of one size, with input_signature=[keras.InputSpec(shape=(None, …))]"
        return ValueError(
            f"{capitalized(served.description)} can't be exported to {self.title}, which {reason}. "
            f"Choose another format{fixed}; format='tf_saved_model' supports all models."
        )


def is_installed(module: str) -> bool:
    """Return whether a module can be imported."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def first_line(error: BaseException | None) -> str:
    """Return the first line of an error message that is not empty."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def capitalized(sentence: str) -> str:
    """Return a sentence with a capital first letter."""
    return sentence[:1].upper() + sentence[1:]


def _copy(path: Path, to: str) -> None:
    """Copy a file or folder to a file system that TensorFlow supports, such as a bucket."""
    if path.is_dir():
        tf.io.gfile.makedirs(to)
        for part in path.iterdir():
            _copy(part, f"{to}/{part.name}")
    else:
        tf.io.gfile.copy(str(path), to, overwrite=True)


def write_saved_model(served: Served, path: Path, function: Any = None) -> None:
    """Write a SavedModel with a single signature, "serve", which is also the default.

    Args:
        served: the function to export.
        path: path of the folder.
        function: a function to export instead of that of `served`.
    """
    archive = keras.export.ExportArchive()
    archive.track(served.model)
    archive.add_endpoint("serve", function or served.function, input_signature=[served.signature])
    archive.write_out(str(path), verbose=False)


@contextmanager
def as_saved_model(served: Served) -> Iterator[Path]:
    """Yield the path of a temporary SavedModel for a converter."""
    with tempfile.TemporaryDirectory() as folder:
        write_saved_model(served, Path(folder))
        yield Path(folder)
