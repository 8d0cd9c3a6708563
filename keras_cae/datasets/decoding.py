"""Threads that decode images ahead of their use."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

THREADS = min(8, os.cpu_count() or 1)
"""How many threads decode images side by side."""
Result = TypeVar("Result")
PATIENCE = 5.0
"""The seconds after which whoever waits for a result computes it, too."""


class _Threads:
    """Threads that all streams share. They are started once, and wait for tasks until the program ends."""

    def __init__(self) -> None:
        self._process = 0
        self._lock = threading.Lock()
        self.tasks: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def put(self, task: Callable[[], None]) -> None:
        """Run a task on one of the threads. The task must not raise an exception."""
        if self._process != os.getpid():  # None yet, or a process that was forked, which threads don't outlive.
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
    """Yield `function(0)`, `function(1)`, …, computed on a few threads, a few numbers ahead.

    A garbage collection may destroy an abandoned iterator of TensorFlow, and then waits for the generator behind it. To
    avoid deadlocks, nothing here holds a lock that others need or waits without a timeout: if a thread waits in this
    way, the consumer computes the result itself.

    Args:
        function: function from numbers to results. It must give the same result every time.
        count: number of results.
        ahead: number of results that are computed ahead; at least enough for all threads.
    """
    given_up = threading.Event()
    waiting: deque[tuple[int, SimpleQueue[Any]]] = deque()

    def ask(number: int) -> None:
        reply: SimpleQueue[Any] = SimpleQueue()

        def task() -> None:
            if not given_up.is_set():
                reply.put(_outcome(function, number))

        waiting.append((number, reply))
        _THREADS.put(task)

    try:
        for number in range(count):
            ask(number)
            if len(waiting) > max(ahead, 2 * THREADS):
                yield _result(function, *waiting.popleft())
        while waiting:
            yield _result(function, *waiting.popleft())
    finally:
        given_up.set()


def _outcome(function: Callable[[int], Any], number: int) -> tuple[Any, BaseException | None]:
    try:
        return function(number), None
    except BaseException as error:
        return None, error


def _result(function: Callable[[int], Result], number: int, reply: "SimpleQueue[Any]") -> Result:
    try:
        result, error = reply.get(timeout=PATIENCE)
    except Empty:
        return function(number)
    if error is not None:
        raise error
    return result
