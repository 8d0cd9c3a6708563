"""The handling of a folder that can't be written to: an error when training begins, a warning later."""

import os
import re
import warnings
import weakref

import tensorflow as tf

from keras_cae.files import is_full_disk

WRITE_ERRORS = (OSError, tf.errors.OpError)
"""What Python's and TensorFlow's functions raise when a file can't be written."""
_of_folders: weakref.WeakValueDictionary[str, "WriteFailures"] = weakref.WeakValueDictionary()


def write_failures(directory: str) -> "WriteFailures":
    """Return the failures of a folder, which are shared by all who hold them at the same time."""
    directory = absolute(directory)
    failures = _of_folders.get(directory)
    if failures is None:
        failures = _of_folders[directory] = WriteFailures(directory)
    return failures


class WriteFailures:
    """Warns of the first failure to write to a folder, once for all callbacks of a training.

    Args:
        directory: the folder.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._warned = False

    def warn(self, error: Exception) -> None:
        """Warn that training continues without what could not be written, unless there was such a warning before."""
        if self._warned:
            return
        self._warned = True
        warnings.warn(
            f"{self.directory!r} could not be written to: {message_of(error)} Training goes on; TensorBoard "
            "will miss what could not be written.",
            stacklevel=2,
        )

    def warn_or_raise(self, error: Exception) -> None:
        """Warn of a full disk when training begins; any other error is one of the argument `log_dir`.

        Raises:
            ValueError: the folder can't be written to, and not because the disk is full.
        """
        if not is_full_disk(error):
            raise ValueError(
                f"log_dir must be a folder that can be written to, got {self.directory!r}: {message_of(error)}"
            ) from error
        self.warn(error)


def absolute(directory: str) -> str:
    """Return a folder by its absolute path; one in a cloud, such as "gs://bucket/logs", has none."""
    return directory if "://" in directory else os.path.abspath(directory)


def message_of(error: Exception) -> str:
    """Return the first line of an error's message, without the names of TensorFlow's operations."""
    message = str(getattr(error, "strerror", None) or getattr(error, "message", None) or error)
    line = re.sub(r"\{\{.*?\}\}\s*", "", message).split("\n")[0]
    return line if line.endswith(".") else f"{line}."
