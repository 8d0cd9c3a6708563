"""The commands and their options. What needs TensorFlow is imported once a command runs."""

from pathlib import Path
from typing import Annotated

import typer

from keras_cae.cli import options
from keras_cae.cli import shared_options as shared
from keras_cae.cli.loading import load
from keras_cae.cli.messages import plain_errors, plain_interrupt, say
from keras_cae.cli.presets import ANY, LOSSES, MODELS, describe_schedules
from keras_cae.cli.quiet_start import import_keras
from keras_cae.cli.run_folder import check_free
from keras_cae.cli.settings import TrainSettings, TuneSettings
from keras_cae.cli.tuner_names import TUNERS
from keras_cae.version import __version__

app = typer.Typer(
    name="keras-cae",
    help="Convolutional autoencoders for images. To begin: keras-cae train",
    no_args_is_help=True,
    add_completion=False,
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
    """Convolutional autoencoders for images. To begin: keras-cae train"""


@app.command(
    help="Train an autoencoder, and compare it with PCA at the same code size.\n\n"
    "Writes the best model, TensorBoard logs, a picture of reconstructions and the test results. "
    "Ctrl-C ends the training early and keeps the best model so far."
)
def train(
    data: shared.Data = "digits",
    model: Annotated[
        str,
        typer.Option(
            metavar="|".join(MODELS),
            callback=options.choice(MODELS),
            help="The architecture.",
            rich_help_panel="Model",
        ),
    ] = "basic",
    latent_dim: shared.LatentDim = None,
    filters: Annotated[
        options.Widths | None,
        typer.Option(
            metavar="N,N,…",
            parser=options.widths,
            help="Channels of the convolutions, from full resolution down.",
            show_default="the model's own",
            rich_help_panel="Model",
        ),
    ] = None,
    noise: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Train to remove Gaussian noise of this standard deviation (white is 1).",
            show_default="the model's own, 0 for most",
            rich_help_panel="Training",
        ),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(LOSSES),
            callback=options.choice(LOSSES),
            help="What training minimizes.",
            show_default="the model's own, mse for most",
            rich_help_panel="Training",
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Passes through the training images.",
            show_default=describe_schedules("epochs"),
            rich_help_panel="Training",
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Images in a step.",
            show_default=describe_schedules("batch_size"),
            rich_help_panel="Training",
        ),
    ] = None,
    learning_rate: Annotated[
        float,
        typer.Option(callback=options.positive, help="The step size of Adam.", rich_help_panel="Training"),
    ] = 3e-3,
    seed: shared.Seed = 0,
    image_size: shared.Size = None,
    resize: shared.Resize = "stretch",
    channels: shared.Channels = None,
    key: shared.Key = None,
    out: Annotated[
        Path | None,
        typer.Option(help="A new folder for the results.", show_default="runs/DATA-MODEL-1, -2, …"),
    ] = None,
) -> None:
    """Train an autoencoder on the images and write what came of it into a new folder."""
    settings = TrainSettings(
        data=data,
        key=key,
        image_size=image_size,
        resize=resize,
        channels=channels,
        model=model,
        latent_dim=latent_dim,
        filters=filters,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        loss=loss,
        noise=noise,
        seed=seed,
        out=out,
    )
    with plain_interrupt():
        with plain_errors():
            if out is not None:
                check_free(out)
            images = load(settings)
        import_keras()
        from keras_cae.cli.training import TrainingRun

        with plain_errors():
            run = TrainingRun(settings, images)
        raise typer.Exit(run.finish())


@app.command(
    help="Search for a good autoencoder with KerasTuner.\n\n"
    "Models are compared by the PSNR of validation images. Writes the best one, all trials and TensorBoard "
    "logs. The same command with the same --out goes on with a search that was stopped."
)
def tune(
    data: shared.Data = "digits",
    model: Annotated[
        str,
        typer.Option(
            metavar="|".join((ANY, *MODELS)),
            callback=options.choice((ANY, *MODELS)),
            help=f"The architecture; {ANY} searches among several.",
            rich_help_panel="Model",
        ),
    ] = ANY,
    latent_dim: shared.LatentDim = None,
    tuner: Annotated[
        str,
        typer.Option(
            metavar="|".join(TUNERS),
            callback=options.choice(TUNERS),
            help="How the search goes on from the models tried so far.",
            rich_help_panel="Search",
        ),
    ] = "hyperband",
    trials: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many models are tried.",
            show_default="20; hyperband's follow from --epochs",
            rich_help_panel="Search",
        ),
    ] = None,
    epochs: Annotated[
        int,
        typer.Option(
            min=1,
            help="Passes through the training images of one trial, at most.",
            rich_help_panel="Search",
        ),
    ] = 10,
    workers: Annotated[
        int,
        typer.Option(
            min=0,
            help="How many processes of this machine try models at once, each with a GPU of its own or its "
            "share of the processor cores.",
            show_default="one model after the other",
            rich_help_panel="Search",
        ),
    ] = 0,
    seed: shared.Seed = 0,
    image_size: shared.Size = None,
    resize: shared.Resize = "stretch",
    channels: shared.Channels = None,
    key: shared.Key = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The folder for the search: a new one, or that of a search to go on with.",
            show_default="runs/DATA-MODEL-search",
        ),
    ] = None,
) -> None:
    """Search for an autoencoder of the images and write what was found into a folder."""
    settings = TuneSettings(
        data=data,
        key=key,
        image_size=image_size,
        resize=resize,
        channels=channels,
        model=model,
        latent_dim=latent_dim,
        tuner=tuner,
        trials=trials,
        epochs=epochs,
        seed=seed,
        workers=workers,
        out=out,
    )
    with plain_interrupt():
        with plain_errors():
            images = load(settings)
        import_keras()
        from keras_cae.cli.tuning import TuningRun

        with plain_errors():
            run = TuningRun(settings, images)
        raise typer.Exit(run.finish())
