"""Where results go: never onto an input, never onto other results, whole or not at all."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from keras_cae.cli.run_folder import RUNS, check_free, make_run_folder
from keras_cae.files import write_atomically, write_folder


def check_file(out: Path, suffixes: Sequence[str], inputs: Iterable[str | Path], overwrite: bool) -> None:
    """Refuse a file for results that is of another kind, that is an input, or that is there already.

    Args:
        out: what `--out` was given.
        suffixes: those that it may have.
        inputs: what the command reads.
        overwrite: whether to replace other results.

    Raises:
        ValueError: it is of another kind, or an input.
        FileExistsError: it is there already.
    """
    if out.suffix.lower() not in suffixes:
        kinds = ", ".join(suffixes[:-1]) + f" or {suffixes[-1]}" if len(suffixes) > 1 else suffixes[0]
        raise ValueError(f"--out must be the name of a file that ends in {kinds}, got {str(out)!r}.")
    if any(os.path.realpath(out) == os.path.realpath(Path(path).expanduser()) for path in inputs):
        raise ValueError(f"--out {str(out)!r} is read by this command, and never replaced. Name another file.")
    if out.is_dir():
        raise FileExistsError(f"--out {str(out)!r} is a folder. Name a file.")
    if out.exists() and not overwrite:
        raise FileExistsError(f"--out {str(out)!r} is there already. Name another file, or say --overwrite.")


def is_array(out: Path | None) -> bool:
    """Return whether the results are to be an array in a file, and not pictures in a folder."""
    return out is not None and out.suffix.lower() == ".npy"


def check_pictures_or_array(out: Path | None, inputs: Iterable[str | Path], overwrite: bool) -> None:
    """Refuse a place for images: a new folder for pictures, or an `.npy` file.

    Raises:
        ValueError: it is of another kind, or an input.
        FileExistsError: something is there already.
    """
    if out is None:
        return
    if is_array(out):
        check_file(out, (".npy",), inputs, overwrite)
    elif out.suffix.lower() in (".npz", ".csv", ".parquet"):
        raise ValueError(
            f"--out {str(out)!r}: images are written into a new folder, or as an array into a file that ends in .npy."
        )
    else:
        check_free(out)


@contextmanager
def new_file(out: Path | None, name: str, file: str) -> Iterator[tuple[Path, Path]]:
    """Write a file, whole or not at all.

    Args:
        out: path of the file, or None for one in a new numbered folder.
        name: what the folder is about.
        file: the name of the file in it.

    Yields:
        The path that it will have, and the one to write to.
    """
    if out is not None:
        _make_parent(out)
        with write_atomically(out) as unfinished:
            yield out, unfinished
        return
    with _numbered_folder(name) as folder, write_atomically(folder / file) as unfinished:
        yield folder / file, unfinished


@contextmanager
def new_folder(out: Path | None, name: str) -> Iterator[tuple[Path, Path]]:
    """Write a folder, whole or not at all.

    Args:
        out: path of the folder, or None for a numbered one.
        name: what it is about.

    Yields:
        The path that it will have, and the one to write to.
    """
    if out is None:
        with _numbered_folder(name) as folder, write_folder(folder) as unfinished:
            yield folder, unfinished
        return
    _make_parent(out)
    with write_folder(out) as unfinished:
        yield out, unfinished


@contextmanager
def _numbered_folder(name: str) -> Iterator[Path]:
    """A new folder, which is taken away again if there are no results."""
    folder = make_run_folder(None, name).path
    try:
        yield folder
    except BaseException:
        with suppress(OSError):
            folder.rmdir()
            RUNS.rmdir()
        raise


def _make_parent(out: Path) -> None:
    """Make the folder that results are to be in, and see that it can be written to."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent):
            return
    except OSError as error:
        raise OSError(f"--out {str(out)!r} can't be written ({error.strerror}): name another place.") from error
