"""Files that are complete at every moment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file, of which nobody ever finds a part."""
    with write_atomically(path) as unfinished:
        unfinished.write_text(text)


@contextmanager
def write_atomically(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a file so that nobody ever finds a part of it.

    The block writes to another file beside it, whose path it is given. At the end of the block that file is
    flushed to the disk and takes the place of the old one. After an exception, a full disk or the end of the
    process, the old file is still there, as it was.

    Args:
        path: of the file.

    Yields:
        The path to write to. It has the same suffix.
    """
    path = Path(path)
    unfinished = path.with_name(f"unfinished-{path.name}")
    try:
        yield unfinished
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
