"""Output files and folders, which never replace inputs or other results and are written atomically."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from keras_cae.cli.run_folder import RUNS, check_free, make_run_folder
from keras_cae.files import write_atomically, write_folder


def check_file(out: Path, suffixes: Sequence[str], inputs: Iterable[str | Path], overwrite: bool) -> None:
    """Check an output file: its suffix, and that it is neither an input nor an existing file.

    Args:
        out: the value of `--out`.
        suffixes: the supported suffixes.
        inputs: the files that the command reads.
        overwrite: whether to replace an existing file.

    Raises:
        ValueError: the suffix is not supported, or the file is an input.
        FileExistsError: the file exists already.
    """
    if out.suffix.lower() not in suffixes:
        kinds = ", ".join(suffixes[:-1]) + f" or {suffixes[-1]}" if len(suffixes) > 1 else suffixes[0]
        raise ValueError(f"--out must be the name of a file that ends in {kinds}, got {str(out)!r}.")
    if any(os.path.realpath(out) == os.path.realpath(Path(path).expanduser()) for path in inputs):
        raise ValueError(f"--out must not be an input of the command, got {str(out)!r}. Choose another file.")
    if out.is_dir():
        raise FileExistsError(f"--out must be a file, got {str(out)!r}, which is a folder.")
    if out.exists() and not overwrite:
        raise FileExistsError(
            f"--out must be a new file, got {str(out)!r}, which exists. Choose another file, or add --overwrite."
        )


def is_array(out: Path | None) -> bool:
    """Return whether the images are to be written as an array instead of PNG files in a folder."""
    return out is not None and out.suffix.lower() == ".npy"


def check_pictures_or_array(out: Path | None, inputs: Iterable[str | Path], overwrite: bool) -> None:
    """Check an output path for images: a new folder for PNG files, or an `.npy` file.

    Raises:
        ValueError: the suffix is not supported, or the file is an input.
        FileExistsError: the path exists already.
    """
    if out is None:
        return
    if is_array(out):
        check_file(out, (".npy",), inputs, overwrite)
    elif out.suffix.lower() in (".npz", ".csv", ".parquet"):
        raise ValueError(
            f"--out must be a new folder for PNG files, or a file that ends in .npy for an array, got {str(out)!r}."
        )
    else:
        check_free(out)


@contextmanager
def new_file(out: Path | None, name: str, file: str) -> Iterator[tuple[Path, Path]]:
    """Write a file atomically.

    Args:
        out: path of the file, or None for a file in a new numbered folder.
        name: name of the folder, without its number.
        file: name of the file in the folder.

    Yields:
        The final path, and the temporary path to write to.
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
    """Write a folder atomically.

    Args:
        out: path of the folder, or None for a numbered folder.
        name: name of the numbered folder, without its number.

    Yields:
        The final path, and the temporary path to write to.
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
    """Create a new folder, and remove it if an exception is raised."""
    folder = make_run_folder(None, name).path
    try:
        yield folder
    except BaseException:
        with suppress(OSError):
            folder.rmdir()
            RUNS.rmdir()
        raise


def _make_parent(out: Path) -> None:
    """Create the parent folder of the results, and check that it is writable."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent):
            return
    except OSError as error:
        raise OSError(f"--out {str(out)!r} can't be written ({error.strerror}): choose another path.") from error
