"""The command-line program `keras-cae`."""

import sys

from keras_cae.extras import install_hint


def main() -> None:
    """Run the program, or print how to install typer if it is missing."""
    try:
        from keras_cae.cli.app import app
    except ModuleNotFoundError as error:
        if error.name != "typer":
            raise
        print(f"keras-cae needs typer, which is not installed. {install_hint('cli')}", file=sys.stderr)
        raise SystemExit(2) from None
    app()
