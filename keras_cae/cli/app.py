"""The commands and their options. What needs TensorFlow is imported once a command runs."""

from pathlib import Path
from typing import Annotated

import typer

from keras_cae.cli import options
from keras_cae.cli.loading import LARGEST_DEFAULT_SIDE, load
from keras_cae.cli.messages import plain_errors, plain_interrupt, say
from keras_cae.cli.presets import LOSSES, MODELS, describe_schedules
from keras_cae.cli.quiet_start import import_keras
from keras_cae.cli.run_folder import check_free
from keras_cae.cli.settings import TrainSettings
from keras_cae.version import __version__

RESIZES = ("stretch", "crop", "pad")

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
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="digits (scikit-learn's handwritten digits, offline); mnist, fashion_mnist or cifar10 "
            "(downloaded); a folder of images, nested or not; or an .npy or .npz file.",
        ),
    ] = "digits",
    model: Annotated[
        str,
        typer.Option(
            metavar="|".join(MODELS),
            callback=options.choice(MODELS),
            help="The architecture.",
            rich_help_panel="Model",
        ),
    ] = "basic",
    latent_dim: Annotated[
        int,
        typer.Option(
            min=1, help="How many numbers an image is encoded in (not: denoising).", rich_help_panel="Model"
        ),
    ] = 16,
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
    seed: Annotated[
        int,
        typer.Option(
            min=0,
            max=2**32 - 1,
            help="Of weights, noise and the order of images. The test images are always the same.",
            rich_help_panel="Training",
        ),
    ] = 0,
    image_size: Annotated[
        options.ImageSize | None,
        typer.Option(
            metavar="N|HxW",
            parser=options.image_size,
            help="The size that all images get, in pixels, height first.",
            show_default=f"the most common size, at most {LARGEST_DEFAULT_SIDE} pixels on the longer side",
            rich_help_panel="Images",
        ),
    ] = None,
    resize: Annotated[
        str,
        typer.Option(
            metavar="|".join(RESIZES),
            callback=options.choice(RESIZES),
            help="How an image gets that size: change its proportions, cut off the overhang, or add "
            "black borders.",
            rich_help_panel="Images",
        ),
    ] = "stretch",
    channels: Annotated[
        int | None,
        typer.Option(
            metavar="1|3|4",
            callback=options.channels,
            help="Grey, colour, or colour with opacity.",
            show_default="as the images are",
            rich_help_panel="Images",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="The name of the array in an .npz file.",
            show_default="x_train with x_test, images, x, data, or the only one",
            rich_help_panel="Images",
        ),
    ] = None,
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
