"""Searches of KerasTuner that can be resumed after the process was killed or the disk was full.

KerasTuner 1.4.8 has two defects:

- It writes its files in place (`save_json` in keras_tuner/src/utils.py). If the process is killed while it writes, or
  the disk is full, the file is truncated.
- It does not check them when it reads them (`Oracle.reload` in keras_tuner/src/engine/oracle.py). With one damaged
  file, the constructor of the tuner raises a `JSONDecodeError`, and all finished trials are lost.

Therefore, two public methods of its classes are wrapped. A test in tests/hypermodels/test_resumable_searches.py fails
when KerasTuner no longer needs this.
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
"""The base class of tuners, oracles and trials, which defines `save`."""


def make_searches_resumable() -> None:
    """Make all tuners in this process write their files atomically, and repair searches before they are read."""
    wrapt.wrap_function_wrapper(SAVED, "save", _save)
    wrapt.wrap_function_wrapper(BaseTuner, "__init__", _construct)


def _save(wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any) -> Any:
    file = _bound(wrapped, args, kwargs)["fname"]
    return wrapped(*args, **kwargs) if _is_remote(file) else write_state(Path(file), instance.get_state())


def _construct(wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any) -> Any:
    arguments = _bound(wrapped, args, kwargs)
    # KerasTuner has the same defaults.
    folder = (arguments["directory"] or ".", arguments["project_name"] or "untitled_project")
    if not arguments["overwrite"] and not is_worker() and not _is_remote(folder[0]):
        repair_search(Path(*folder))
    return wrapped(*args, **kwargs)


def _bound(function: Callable[..., Any], args: Any, kwargs: Any) -> dict[str, Any]:
    """Return the arguments of a call by their names, including defaults."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.arguments


def _is_remote(path: Any) -> bool:
    """Return whether a path is on a remote file system of TensorFlow, which replaces files atomically anyway."""
    return "://" in str(path)
