"""Writer of TensorBoard event files."""

import contextlib
import itertools
import os
import socket
import time
import weakref
from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf

from keras_cae.callbacks.summaries import Summary
from keras_cae.callbacks.write_failures import WRITE_ERRORS, WriteFailures, absolute, write_failures

VERSION = "brain.Event:2"
"""The format version, which is the first record of an event file."""
_file_numbers = itertools.count()
_open_writers: weakref.WeakValueDictionary[str, "EventWriter"] = weakref.WeakValueDictionary()


def open_writer(directory: str, subfolder: str = "") -> "EventWriter":
    """Return the open writer of a folder, or a new writer with a new event file.

    Call `close` once for every call of `open_writer`.

    Args:
        directory: log folder of a training run, for which write failures are reported only once.
        subfolder: subfolder to write to.

    Raises:
        ValueError: the folder can't be written to.
    """
    failures = write_failures(absolute(directory))
    directory = absolute(tf.io.gfile.join(directory, subfolder))
    writer = _open_writers.get(directory)
    if writer is None:
        writer = _open_writers[directory] = EventWriter(directory, failures)
    writer.users += 1
    return writer


class EventWriter:
    """Writes summaries and files to a folder, for all callbacks that share it.

    The callbacks share one event file, because TensorBoard's slow loader reads the files of a folder one after another
    and never returns to an earlier one. The summaries are flushed to disk after each `write`.

    Training continues if the disk is full: the first failure is reported as a warning, and each later `write` tries
    again with a new event file.

    Args:
        directory: the folder.
        failures: object that reports write failures.

    Raises:
        ValueError: the folder can't be written to for a reason other than a full disk.
    """

    def __init__(self, directory: str, failures: WriteFailures) -> None:
        self.directory = directory
        self.users = 0
        self._failures = failures
        self._records: Any = None
        self._path = ""
        self._size = 0  # size of the event file after the last complete write
        try:
            self._start_file()
        except WRITE_ERRORS as error:
            self._abandon_file()
            self._failures.warn_or_raise(error)

    def write(self, summaries: Mapping[str, Summary], step: int, files: Mapping[str, bytes]) -> bool:
        """Write summaries by their tags, then files by their paths in the folder.

        Returns:
            Whether all of them were written.
        """
        try:
            if self._records is None or not tf.io.gfile.exists(self._path):
                self._start_file()
            if summaries:
                self._write_events(_event(tag, summary, step) for tag, summary in summaries.items())
                self._size = tf.io.gfile.stat(self._path).length
            for path, content in files.items():
                _write_file(os.path.join(self.directory, path), content)
        except WRITE_ERRORS as error:
            self._abandon_file()
            self._failures.warn(error)
            return False
        return True

    def close(self) -> None:
        """Close the event file, unless other callbacks still use it."""
        self.users -= 1
        if self.users == 0:
            _open_writers.pop(self.directory, None)
            self._close_file()

    def _start_file(self) -> None:
        self._close_file()
        tf.io.gfile.makedirs(self.directory)
        name = (
            f"events.out.tfevents.{time.time():010.0f}.{socket.gethostname()}.{os.getpid()}."
            f"{next(_file_numbers):04d}.keras_cae"
        )
        self._path, self._size = os.path.join(self.directory, name), 0
        self._records = tf.io.TFRecordWriter(self._path)
        self._write_events([tf.compat.v1.Event(wall_time=time.time(), file_version=VERSION)])

    def _write_events(self, events: Iterable[Any]) -> None:
        for event in events:
            self._records.write(event.SerializeToString())
        self._records.flush()

    def _abandon_file(self) -> None:
        """Truncate the event file after its last complete summaries, or remove it if there are none."""
        started = self._records is not None
        self._close_file()
        if not started or not os.path.exists(self._path):
            return
        if self._size:
            os.truncate(self._path, self._size)
        else:
            os.remove(self._path)

    def _close_file(self) -> None:
        records, self._records = self._records, None
        if records is not None:
            # The failure has already been reported.
            with contextlib.suppress(*WRITE_ERRORS):
                records.close()


def _event(tag: str, summary: Summary, step: int) -> Any:
    value = tf.compat.v1.Summary.Value(tag=tag, tensor=tf.make_tensor_proto(summary.tensor), metadata=summary.metadata)
    content = tf.compat.v1.Summary(value=[value])
    return tf.compat.v1.Event(wall_time=time.time(), step=step, summary=content)


def _write_file(path: str, content: bytes) -> None:
    tf.io.gfile.makedirs(os.path.dirname(path))
    # Write to a temporary name first, because TensorBoard may be reading the file.
    part = f"{path}.part"
    try:
        with tf.io.gfile.GFile(part, "wb") as file:
            file.write(content)
        tf.io.gfile.rename(part, path, overwrite=True)
    finally:
        if tf.io.gfile.exists(part):
            tf.io.gfile.remove(part)
