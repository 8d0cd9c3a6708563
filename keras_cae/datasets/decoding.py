"""Threads that decode images before they are needed."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

THREADS = min(8, os.cpu_count() or 1)
"""The number of threads that decode images in parallel."""
Result = TypeVar("Result")
TIMEOUT = 5.0
"""The seconds after which a consumer that waits for a result computes it itself."""


class _Threads:
    """Threads that all streams share. They start with the first task and run until the program ends."""

    def __init__(self) -> None:
        self._process = 0
        self._lock = threading.Lock()
        self.tasks: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def put(self, task: Callable[[], None]) -> None:
        """Run a task on one of the threads. The task must not raise an exception."""
        if self._process != os.getpid():  # no threads yet, or this is a fork, which does not inherit them
            self._start()
        self.tasks.put(task)

    def _start(self) -> None:
        with self._lock:
            if self._process == os.getpid():
                return
            self.tasks = SimpleQueue()
            for _ in range(THREADS):
                threading.Thread(target=_work, args=(self.tasks,), daemon=True).start()
            self._process = os.getpid()


def _work(tasks: "SimpleQueue[Callable[[], None]]") -> None:
    while True:
        tasks.get()()


_THREADS = _Threads()


def in_order(function: Callable[[int], Result], count: int, ahead: int = 0) -> Iterator[Result]:
    """Yield `function(0)`, `function(1)`, …, computed in advance on several threads.

    A garbage collection may destroy an abandoned iterator of TensorFlow, and then waits for the generator behind it. To
    avoid deadlocks, nothing here holds a lock that others need or waits without a timeout: if a thread waits in this
    way, the consumer computes the result itself.

    Args:
        function: function from numbers to results. It must return the same result every time.
        count: number of results.
        ahead: number of results to compute in advance; all threads are kept busy even if it is smaller.
    """
    abandoned = threading.Event()
    waiting: deque[tuple[int, SimpleQueue[Any]]] = deque()

    def submit(number: int) -> None:
        reply: SimpleQueue[Any] = SimpleQueue()

        def task() -> None:
            if not abandoned.is_set():
                reply.put(_outcome(function, number))

        waiting.append((number, reply))
        _THREADS.put(task)

    try:
        for number in range(count):
            submit(number)
            if len(waiting) > max(ahead, 2 * THREADS):
                yield _result(function, *waiting.popleft())
        while waiting:
            yield _result(function, *waiting.popleft())
    finally:
        abandoned.set()


def _outcome(function: Callable[[int], Any], number: int) -> tuple[Any, BaseException | None]:
    try:
        return function(number), None
    except BaseException as error:
        return None, error


def _result(function: Callable[[int], Result], number: int, reply: "SimpleQueue[Any]") -> Result:
    try:
        result, error = reply.get(timeout=TIMEOUT)
    except Empty:
        return function(number)
    if error is not None:
        raise error
    return result
