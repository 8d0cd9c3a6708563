"""Import of Keras without the log messages that TensorFlow prints at startup."""

import importlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

STDERR = 2
LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
NO_LOG = "3"


def import_keras() -> None:
    """Import Keras and TensorFlow, without log messages unless the user has set a log level."""
    if LOG_LEVEL in os.environ:
        importlib.import_module("keras")
        return
    os.environ[LOG_LEVEL] = NO_LOG
    # TensorFlow reads the level only after it has printed its first messages.
    with _buffered_stderr():
        importlib.import_module("keras")


@contextmanager
def _buffered_stderr() -> Iterator[None]:
    """Buffer what native code writes to stderr, and write it only if the block raises an exception."""
    stderr = os.dup(STDERR)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), STDERR)
        try:
            yield
        except Exception:
            held_back.seek(0)
            os.write(stderr, held_back.read())
            raise
        finally:
            os.dup2(stderr, STDERR)
            os.close(stderr)
