"""KerasTuner's searches, resumable after a kill or a full disk.

KerasTuner 1.4.8 has two defects here:

- It writes its files in place (`save_json` in keras_tuner/src/utils.py). A process that is killed while it
  writes, or that fills the disk, leaves a part of a file.
- It reads them unchecked (`Oracle.reload` in keras_tuner/src/engine/oracle.py). One damaged file ends the
  constructor of the tuner with a `JSONDecodeError`, and all finished trials are lost.

Therefore two public methods of its classes are wrapped. A test fails when KerasTuner no longer needs it:
tests/hypermodels/test_resumable_searches.py.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wrapt
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.engine.trial import Trial

from keras_cae.hypermodels.repair_search import repair_search, write_state
from keras_cae.hypermodels.tuner_files import is_worker

SAVED: Any = Trial.__base__
"""The base class of tuners, oracles and trials: what `save(file)` is a method of."""


def make_searches_resumable() -> None:
    """Make all tuners of this process write their files atomically, and check them before they are read."""
    wrapt.wrap_function_wrapper(SAVED, "save", _save)
    wrapt.wrap_function_wrapper(BaseTuner, "__init__", _construct)


def _save(wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any) -> Any:
    file = _bound(wrapped, args, kwargs)["fname"]
    return wrapped(*args, **kwargs) if _is_remote(file) else write_state(Path(file), instance.get_state())


def _construct(wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any) -> Any:
    arguments = _bound(wrapped, args, kwargs)
    # The defaults are KerasTuner's.
    folder = (arguments["directory"] or ".", arguments["project_name"] or "untitled_project")
    if not arguments["overwrite"] and not is_worker() and not _is_remote(folder[0]):
        repair_search(Path(*folder))
    return wrapped(*args, **kwargs)


def _bound(function: Callable[..., Any], args: Any, kwargs: Any) -> dict[str, Any]:
    """Return the arguments of a call by their names, with the defaults of those that are left out."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.arguments


def _is_remote(path: Any) -> bool:
    """Return whether a path is one of TensorFlow's other file systems, which replace whole files anyway."""
    return "://" in str(path)
