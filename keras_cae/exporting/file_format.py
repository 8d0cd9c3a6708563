"""What the formats of exported files have in common."""

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
    """What it is called in sentences."""
    suffix: ClassVar[str] = ""
    """What paths must end with."""
    packages: ClassVar[tuple[str, ...]] = ()
    """The modules that are needed to write it."""
    runtimes: ClassVar[tuple[str, ...]] = ()
    """The modules of which one is needed to run it."""
    extra: ClassVar[str] = ""
    """The extra of this library that installs all of them."""
    keeps_precision: ClassVar[bool] = False
    """Whether files compute in the precision of the model; else in float32."""
    options: ClassVar[tuple[str, ...]] = ()
    """Further arguments of `export`."""

    @abc.abstractmethod
    def write(self, served: Served, path: Path, options: dict[str, Any]) -> None:
        """Write a file or folder.

        Raises:
            ValueError: the format has no place for an operation of the model.
        """

    @abc.abstractmethod
    def load(self, path: Path) -> Run:
        """Return what a file computes, in its own runtime."""

    @contextmanager
    def files(self, path: Any) -> Iterator[Path]:
        """Where to write, beside the old file, whose place is taken at the end of the block."""
        if "://" in str(path):
            with tempfile.TemporaryDirectory() as folder:
                unfinished = Path(folder) / str(path).rstrip("/").rsplit("/", maxsplit=1)[-1]
                yield unfinished
                _copy(unfinished, str(path).rstrip("/"))
            return
        with write_atomically(path) as unfinished:
            yield unfinished

    def check(self, path: Any, options: dict[str, Any]) -> None:
        """Raise an error if a path or an option does not fit, or a package is missing."""
        if self.suffix and not str(path).endswith(self.suffix):
            raise ValueError(f"filepath must end with {self.suffix!r} for {self.title}, got {str(path)!r}.")
        for name in options:
            if name not in self.options:
                known = f"which takes {', '.join(self.options)}" if self.options else "which takes none"
                raise ValueError(f"{name} is no option of format={self.name!r}, {known}.")
        missing = [module for module in self.packages if not is_installed(module)]
        if missing:
            raise ImportError(f"format={self.name!r} needs {' and '.join(missing)}. {install_hint(self.extra)}")

    @property
    def can_run(self) -> bool:
        """Whether the runtime is installed."""
        return not self.runtimes or any(map(is_installed, self.runtimes))

    def impossible(self, served: Served, operations: Any, error: BaseException | None = None) -> ValueError:
        """Return the error for what can't be written.

        Args:
            served: what it is.
            operations: the names of the operations that the format does not have; if there are none, the
                converter's error says what is wrong.
            error: the converter's.
        """
        names = ", ".join(sorted(set(operations)))
        reason = f"has no place for {names}" if names else f"refuses it: {first_line(error)}"
        fixed = ""
        if None in served.shape[1:]:
            fixed = ", or images of one size, with input_signature=[keras.InputSpec(shape=(None, …))]"
        return ValueError(
            f"{capitalized(served.description)} can't be exported to {self.title}, which {reason}. "
            f"Choose another format{fixed}; format='tf_saved_model' holds every model."
        )


def is_installed(module: str) -> bool:
    """Return whether a module can be imported."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def first_line(error: BaseException | None) -> str:
    """Return the first line of an error that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def capitalized(sentence: str) -> str:
    """Return a sentence with a capital letter at its beginning."""
    return sentence[:1].upper() + sentence[1:]


def _copy(path: Path, to: str) -> None:
    """Copy a file or a folder to where TensorFlow can write, such as a bucket."""
    if path.is_dir():
        tf.io.gfile.makedirs(to)
        for part in path.iterdir():
            _copy(part, f"{to}/{part.name}")
    else:
        tf.io.gfile.copy(str(path), to, overwrite=True)


def write_saved_model(served: Served, path: Path, function: Any = None) -> None:
    """Write a SavedModel with one signature, "serve", which is also the default.

    Args:
        served: what it computes.
        path: path of the folder.
        function: by default that of `served`.
    """
    archive = keras.export.ExportArchive()
    archive.track(served.model)
    archive.add_endpoint("serve", function or served.function, input_signature=[served.signature])
    archive.write_out(str(path), verbose=False)


@contextmanager
def as_saved_model(served: Served) -> Iterator[Path]:
    """A temporary SavedModel, from which a converter can start."""
    with tempfile.TemporaryDirectory() as folder:
        write_saved_model(served, Path(folder))
        yield Path(folder)
