"""Functions that print messages."""

import sys

from rich.console import Console
from rich.table import Table
from typer import echo

LONG_LINE = 1_000


def say(message: str = "") -> None:
    """Print a line to stdout."""
    echo(message)


def say_table(table: Table) -> None:
    """Print a table to stdout."""
    # Lines in a log are not limited.
    console = Console(width=None if sys.stdout.isatty() else LONG_LINE)
    with console.capture() as printed:
        console.print(table)
    # On a closed pipe, Rich would exit with its own exit code.
    echo(printed.get(), nl=False)


def warn(message: str) -> None:
    """Print a line to stderr."""
    echo(message, err=True)
