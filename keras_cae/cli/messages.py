"""What the program prints."""

import sys

from rich.console import Console
from rich.table import Table
from typer import echo

LONG_LINE = 1_000


def say(message: str = "") -> None:
    """Print a line to stdout."""
    echo(message)


def counted(count: int, noun: str) -> str:
    """A number of things in words: "1 image", "2,000 images".

    Args:
        count: how many there are.
        noun: what they are, in the plural.
    """
    return f"{count:,} {noun.removesuffix('s') if count == 1 else noun}"


def say_table(table: Table) -> None:
    """Print a table to stdout."""
    # In a log lines have any length.
    console = Console(width=None if sys.stdout.isatty() else LONG_LINE)
    with console.capture() as printed:
        console.print(table)
    # Rich itself would end the program at a closed pipe, with an exit code of its own.
    echo(printed.get(), nl=False)


def warn(message: str) -> None:
    """Print a line to stderr."""
    echo(message, err=True)
