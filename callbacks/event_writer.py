"""The event file of a folder, and what becomes of it when the disk is full."""

import contextlib
import os
import re
import warnings
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from keras_cae.callbacks.summaries import Summary

SUFFIX = ".keras_cae"
LENGTH_BYTES, RECORD_OVERHEAD = 8, 16
"""Of a record in an event file: how many tell its length, and how many it has beside its content."""
_open: weakref.WeakValueDictionary[str, "EventWriter"] = weakref.WeakValueDictionary()


def open_writer(directory: str) -> "EventWriter":
    """The writer of a folder: the one that is open, or else a new one, on a new event file.

    Every `open_writer` needs its `close`.

    Raises:
        ValueError: the folder can't be written to.
    """
    if "://" not in directory:
        directory = os.path.abspath(directory)
    writer = _open.get(directory)
    if writer is None:
        writer = EventWriter(directory)
        _open[directory] = writer
    writer.users += 1
    return writer


class EventWriter:
    """Writes summaries and files to a folder, for all callbacks of a training that share it.

    One event file for all of them, because TensorBoard's slow loader reads the files of a folder one after
    another, and returns to none. After each `write` it is on the disk.

    If that fails, because the disk is full, say, the training must go on: the first time `write` warns, and
    every time it tries again, on a new event file.

    Args:
        directory: the folder.

    Raises:
        ValueError: the folder can't be written to.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.users = 0
        self._writer: Any = None
        self._file: Path | None = None
        self._start = self._position = 0
        self._warned = False
        try:
            self._start_file()
        except (OSError, tf.errors.OpError) as error:
            raise ValueError(
                f"log_dir must be a folder that can be written to, got {directory!r}: {message_of(error)}"
            ) from error

    def write(self, summaries: Mapping[str, Summary], step: int, files: Mapping[str, bytes]) -> bool:
        """Write summaries by their tags, then files by their paths in the folder, in this order.

        Returns:
            Whether all of them are on the disk.
        """
        try:
            if self._writer is None:
                self._start_file()
            # `keras.callbacks.TensorBoard` may have turned recording off between its own summaries.
            with no_writer_left(), self._writer.as_default(), tf.summary.record_if(True):
                for tag, summary in summaries.items():
                    tf.summary.write(tag, summary.tensor, step, summary.metadata)
            self._writer.flush()
            self._check_records(len(summaries))
            for path, content in files.items():
                self._write_file(os.path.join(self.directory, path), content)
        except (OSError, tf.errors.OpError) as error:
            self._give_up(error)
            return False
        return True

    def close(self) -> None:
        """Close the event file, unless other callbacks still use it."""
        self.users -= 1
        if self.users == 0:
            _open.pop(self.directory, None)
            self._close_file()

    def _start_file(self) -> None:
        tf.io.gfile.makedirs(self.directory)
        before = self._event_files()
        try:
            self._writer = tf.summary.create_file_writer(self.directory, filename_suffix=SUFFIX)
        finally:
            self._file = next(iter(self._event_files() - before), None)
            self._start = self._position = self._file.stat().st_size if self._file else 0

    def _event_files(self) -> set[Path]:
        """Those of this process that it can look into: not those in a cloud."""
        return set(Path(self.directory).glob(f"events*.{os.getpid()}.*{SUFFIX}"))

    def _check_records(self, expected: int) -> None:
        """Find out whether records have reached the disk, as whole ones: TensorFlow does not say."""
        if self._file is None:
            return
        size = self._file.stat().st_size
        with self._file.open("rb") as file:
            while (end := self._record_end(file)) <= size and end > self._position:
                self._position = end
                expected -= 1
        if expected > 0 or self._position != size:
            raise OSError(f"what was written to {self._file} is not all on the disk. Is it full?")

    def _record_end(self, file: Any) -> int:
        """Where the record at the present position ends; the position itself where there is none."""
        file.seek(self._position)
        length = file.read(LENGTH_BYTES)
        if not length:
            return self._position
        return self._position + int.from_bytes(length, "little") + RECORD_OVERHEAD

    def _write_file(self, path: str, content: bytes) -> None:
        tf.io.gfile.makedirs(os.path.dirname(path))
        # Elsewhere first: TensorBoard may be reading the file of this name.
        part = f"{path}.part"
        try:
            with tf.io.gfile.GFile(part, "wb") as file:
                file.write(content)
            tf.io.gfile.rename(part, path, overwrite=True)
        finally:
            if tf.io.gfile.exists(part):
                tf.io.gfile.remove(part)

    def _give_up(self, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            warnings.warn(
                f"{self.directory!r} could not be written to: {message_of(error)} Training goes on; what "
                "TensorBoard would have shown of this epoch is lost.",
                stacklevel=2,
            )
        file, position = self._file, self._position
        self._close_file()
        if file is None or not file.exists():
            return
        if position > self._start:
            os.truncate(file, position)  # behind its last whole record
        else:
            file.unlink()

    def _close_file(self) -> None:
        writer, self._writer, self._file = self._writer, None, None
        if writer is not None:
            # What could not be written has been reported.
            with contextlib.suppress(OSError, tf.errors.OpError):
                writer.close()


class _NoWriter(tf.summary.SummaryWriter):
    """Writes nothing, and never fails."""

    def init(self) -> None:
        pass

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


@contextlib.contextmanager
def no_writer_left() -> Iterator[None]:
    """Afterwards the default writer is the one from before, even if one within could not be flushed.

    TensorFlow flushes a writer when its context is left, and if that fails leaves it as the default one: what
    anybody writes later would fail, too.
    """
    nothing = _NoWriter()
    with nothing.as_default():
        try:
            yield
        finally:
            nothing.set_as_default()


def message_of(error: Exception) -> str:
    """What an error says in its first line, without the names of TensorFlow's operations."""
    message = str(getattr(error, "message", None) or error)
    line = re.sub(r"\{\{.*?\}\}\s*", "", message).split("\n")[0]
    return line if line.endswith((".", "?")) else f"{line}."
