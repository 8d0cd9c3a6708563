"""Handling of write failures: an error when training begins, a warning later."""

import os
import re
import warnings
import weakref

import tensorflow as tf

from keras_cae.files import is_full_disk

WRITE_ERRORS = (OSError, tf.errors.OpError)
"""The exceptions that Python and TensorFlow raise when a file can't be written."""
_of_folders: weakref.WeakValueDictionary[str, "WriteFailures"] = weakref.WeakValueDictionary()


def write_failures(directory: str) -> "WriteFailures":
    """Return the `WriteFailures` of a folder, which all callbacks of a training run share."""
    directory = absolute(directory)
    failures = _of_folders.get(directory)
    if failures is None:
        failures = _of_folders[directory] = WriteFailures(directory)
    return failures


class WriteFailures:
    """Warns about the first failure to write to a folder, once for all callbacks of a training run.

    Args:
        directory: the folder.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._warned = False

    def warn(self, error: Exception) -> None:
        """Warn that training continues without the lost data, unless this warning was already issued."""
        if self._warned:
            return
        self._warned = True
        warnings.warn(
            f"The log folder {self.directory!r} could not be written to: {message_of(error)} Training continues, but "
            "some data will be missing in TensorBoard.",
            stacklevel=2,
        )

    def warn_or_raise(self, error: Exception) -> None:
        """Warn if the disk is full when training begins, and raise an error about `log_dir` otherwise.

        Raises:
            ValueError: the folder can't be written to for a reason other than a full disk.
        """
        if not is_full_disk(error):
            raise ValueError(
                f"log_dir must be a folder that can be written to, got {self.directory!r}: {message_of(error)}"
            ) from error
        self.warn(error)


def absolute(directory: str) -> str:
    """Return the absolute path of a folder. URLs, such as "gs://bucket/logs", are returned unchanged."""
    return directory if "://" in directory else os.path.abspath(directory)


def message_of(error: Exception) -> str:
    """Return the first line of an error's message, without the names of TensorFlow's operations."""
    message = str(getattr(error, "strerror", None) or getattr(error, "message", None) or error)
    line = re.sub(r"\{\{.*?\}\}\s*", "", message).split("\n")[0]
    return line if line.endswith(".") else f"{line}."
