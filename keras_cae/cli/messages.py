"""What the program says, and how it ends when something is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

SUCCESS = 0
FAILURE = 1
USAGE_ERROR = 2
INTERRUPTED = 130
"""The exit code that shells know for a program ended by Ctrl-C: 128 + SIGINT."""


def say(message: str = "") -> None:
    """Print a line of the program's output."""
    typer.echo(message)


def warn(message: str) -> None:
    """Print a line beside the program's output."""
    typer.echo(message, err=True)


@contextmanager
def plain_errors() -> Iterator[None]:
    """End the program with one message, where the library refuses what the user asked for.

    The library's errors name the argument, the rule and the remedy: a traceback would hide that.
    """
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        warn(f"Error: {error}")
        raise typer.Exit(USAGE_ERROR) from error


@contextmanager
def plain_interrupt() -> Iterator[None]:
    """End the program at Ctrl-C without a traceback."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        warn("Stopped.")
        raise typer.Exit(INTERRUPTED) from interrupt
