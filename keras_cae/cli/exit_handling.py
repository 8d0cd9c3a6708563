"""Exit codes of the program, and the handling of errors and stop signals."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import typer

from keras_cae.cli.messages import warn
from keras_cae.files import DiskFullError, is_full_disk

SUCCESS, FAILURE, USAGE_ERROR, ANOMALIES_FOUND = 0, 1, 2, 3
BROKEN_PIPE = 141
"""The exit code that shells report for a program whose output pipe was closed: 128 + SIGPIPE."""
STDOUT, STDERR = 1, 2
STOP_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Ctrl-C, the termination of a job or a shutdown, and the closing of a terminal or a connection."""


class Stopped(KeyboardInterrupt):
    """Raised when a signal tells the program to stop.

    Args:
        signal_number: the number of the signal.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__()
        self.signal_number = signal_number


def exit_code(stop: KeyboardInterrupt | int) -> int:
    """Return the exit code that shells report for a program terminated by a signal: 128 + its number.

    Args:
        stop: the exception that the signal raised, or the number of the signal.
    """
    number = getattr(stop, "signal_number", signal.SIGINT) if isinstance(stop, KeyboardInterrupt) else stop
    return 128 + int(number)


@contextmanager
def exit_on_user_errors() -> Iterator[None]:
    """Exit with a message instead of a traceback if the library raises an error about the user's input.

    The library's error messages already name the argument, the rule and the remedy.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except (ValueError, OSError, ImportError) as error:
        warn(f"Error: {error}")
        raise typer.Exit(FAILURE if is_full_disk(error) else USAGE_ERROR) from error


@contextmanager
def exit_without_traceback() -> Iterator[None]:
    """Exit without a traceback on a stop signal or a full disk, and silently if the output pipe was closed."""
    try:
        with handle_stop_signals(_stop):
            yield
    except KeyboardInterrupt as stop:
        warn("Stopped.")
        raise typer.Exit(exit_code(stop)) from stop
    except BrokenPipeError as error:
        # Python flushes stdout when it exits.
        _discard_output(STDOUT)
        raise typer.Exit(BROKEN_PIPE) from error
    except Exception as error:
        if not is_full_disk(error):
            raise
        raise typer.Exit(report_full_disk(error)) from error


def report_full_disk(error: Exception) -> int:
    """Print that the disk is full, and return the exit code."""
    warn(f"Error: {error}" if isinstance(error, DiskFullError) else "Error: The disk is full.")
    return FAILURE


@contextmanager
def handle_stop_signals(handle: Callable[[int], None]) -> Iterator[None]:
    """Call a function with the number of each stop signal received. Ignored signals remain ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread can handle signals
        return
    terminals = [stream for stream in (STDOUT, STDERR) if os.isatty(stream)]

    def handle_signal(number: int, frame: FrameType | None) -> None:
        for stream in terminals:
            if not os.isatty(stream):  # the terminal was closed, and writing to it would fail
                _discard_output(stream)
        handle(number)

    handled = [number for number in STOP_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    previous = {number: signal.signal(number, handle_signal) for number in handled}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _stop(signal_number: int) -> None:
    raise Stopped(signal_number)


def _discard_output(stream: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream)
    os.close(nowhere)
