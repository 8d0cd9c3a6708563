"""The check that Keras 3 uses the TensorFlow backend, which imports neither of them.

`keras_cae/__init__.py` runs it.
"""

import json
import os
import sys
from pathlib import Path


def require_tensorflow_backend() -> None:
    """Raise an `ImportError` with the remedy, unless Keras 3 uses the TensorFlow backend."""
    if os.environ.get("TF_USE_LEGACY_KERAS", "").lower() in ("1", "true"):
        raise ImportError(
            "keras_cae needs Keras 3, but the environment variable TF_USE_LEGACY_KERAS selects Keras 2: "
            "unset it before Python starts."
        )
    backend = _configured_backend()
    if backend != "tensorflow":
        raise ImportError(
            f"keras_cae needs Keras on the TensorFlow backend, but the configured backend is {backend!r}: "
            "set the environment variable KERAS_BACKEND=tensorflow before Keras is imported."
        )


def _configured_backend() -> str:
    """Return the backend that Keras uses, or will use once it is imported."""
    keras = sys.modules.get("keras")
    if keras is not None and hasattr(keras, "config"):
        return str(keras.config.backend())
    if name := os.environ.get("KERAS_BACKEND"):
        return name
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        return str(json.loads((home / "keras.json").read_text()).get("backend", "tensorflow"))
    except (OSError, ValueError):
        return "tensorflow"
