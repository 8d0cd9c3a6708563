"""The typer application and its commands. TensorFlow is imported only when a command runs."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer

from keras_cae.cli.commands.decode import decode
from keras_cae.cli.commands.denoise import denoise
from keras_cae.cli.commands.encode import encode
from keras_cae.cli.commands.evaluate import evaluate
from keras_cae.cli.commands.export import export
from keras_cae.cli.commands.info import info
from keras_cae.cli.commands.pack import pack
from keras_cae.cli.commands.reconstruct import reconstruct
from keras_cae.cli.commands.sample import sample
from keras_cae.cli.commands.score import score
from keras_cae.cli.commands.train import train
from keras_cae.cli.commands.tune import tune
from keras_cae.cli.exit_handling import exit_without_traceback
from keras_cae.cli.messages import say
from keras_cae.version import __version__

app = typer.Typer(
    name="keras-cae",
    help="Train and apply convolutional autoencoders for images. To get started: keras-cae train",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"keras-cae {__version__}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Train and apply convolutional autoencoders for images. To get started: keras-cae train"""


def add_command(run: Callable[[Any], int]) -> None:
    """Add a command whose name and help text are those of a function.

    Args:
        run: function that takes a dataclass of options and returns the exit code. Typer reads the fields of the
            dataclass in the same way as the parameters of a function.
    """
    (options,) = (hint for name, hint in get_type_hints(run).items() if name != "return")

    def command(context: typer.Context, **values: Any) -> None:
        given = options(**values)
        sources = {name: context.get_parameter_source(name) for name in values}
        named = frozenset(
            name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"
        )
        object.__setattr__(given, "given", named)  # options are frozen
        with exit_without_traceback():
            raise typer.Exit(run(given))

    own = inspect.signature(command).parameters["context"]
    parameters = [own, *inspect.signature(options).parameters.values()]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {"context": typer.Context, **get_type_hints(options, include_extras=True)}
    paragraphs = (inspect.getdoc(run) or "").split("\n\n")
    text = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    app.command(run.__name__, help=text)(command)


add_command(train)
add_command(tune)
add_command(score)
add_command(info)
add_command(encode)
add_command(decode)
add_command(reconstruct)
add_command(evaluate)
add_command(sample)
add_command(denoise)
add_command(export)
add_command(pack)
