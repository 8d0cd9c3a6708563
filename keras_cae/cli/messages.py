"""What the program prints."""

from rich.console import Console
from rich.table import Table
from typer import echo


def say(message: str = "") -> None:
    """Print a line to stdout."""
    echo(message)


def say_table(table: Table) -> None:
    """Print a table to stdout."""
    console = Console()
    with console.capture() as printed:
        console.print(table)
    # Rich itself would end the program at a closed pipe, with an exit code of its own.
    echo(printed.get(), nl=False)


def warn(message: str) -> None:
    """Print a line to stderr."""
    echo(message, err=True)
