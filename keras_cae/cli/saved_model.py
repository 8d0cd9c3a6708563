"""Models that a command finds in a file or in the folder of a run."""

from pathlib import Path
from typing import Any

import keras


def load_saved(path: Path, kinds: Any, noun: str, expected: str, remedy: str) -> Any:
    """Load a model of one of some kinds.

    Args:
        path: of its file.
        kinds: the class, or several of them.
        noun: what to call it: "detector".
        expected: what the file has to hold, with its article: "an AnomalyDetector".
        remedy: what to do to get one, a sentence.

    Raises:
        OSError: there is no such file.
        ValueError: it holds something else.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no {noun} {str(path)!r}. {remedy}")
    try:
        loaded = keras.saving.load_model(path, compile=False)
    except Exception as error:
        raise ValueError(f"The {noun} {str(path)!r} can't be loaded: {error}") from error
    if not isinstance(loaded, kinds):
        raise ValueError(f"{str(path)!r} holds a {type(loaded).__name__}, not {expected}. {remedy}")
    return loaded
