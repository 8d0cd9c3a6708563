"""`keras-cae denoise`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from keras_cae.cli import machine_options as machine
from keras_cae.cli import options as option
from keras_cae.cli.devices import use_device
from keras_cae.cli.exit_handling import exit_on_user_errors
from keras_cae.cli.quiet_start import import_keras
from keras_cae.cli.run_folder import check_free

Inputs = Annotated[
    list[Path],
    typer.Argument(metavar="INPUT…", help="Photographs, and folders of them, nested or not."),
]
CleanFolder = Annotated[
    Path,
    typer.Option("--out", metavar="FOLDER", help="A new folder for the results, which keep the file names."),
]
DenoisingModel = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        help="A model.keras file, a run folder, a preset folder, or the name of a preset.",
        show_default="the bundled preset for grey or colour photographs",
    ),
]
Train = Annotated[
    bool,
    typer.Option("--train", help="Train on the noisy images themselves, which works for any noise, then denoise them."),
]
Steps = Annotated[
    int,
    typer.Option(
        min=1,
        help="The number of training steps with --train, each on 4 patches of 64×64 pixels.",
        rich_help_panel="Training",
    ),
]


@dataclass(frozen=True, kw_only=True)
class DenoiseOptions:
    """The options of `keras-cae denoise`."""

    inputs: Inputs
    out: CleanFolder
    model: DenoisingModel = None
    train: Train = False
    steps: Steps = 1200
    seed: option.Seed = 0
    precision: machine.AppliedPrecision = "float32"
    device: machine.Device = None
    json: option.AsJSON = False
    given: frozenset[str] = field(default=frozenset(), init=False, compare=False)
    """The names of the options that were on the command line."""


def denoise(options: DenoiseOptions) -> int:
    """Remove the noise from photographs.

    Writes upright images with the same names, subfolders, formats, bit depths, alpha channels and colour profiles.
    Files that can't be read are reported and skipped.
    """
    with exit_on_user_errors():
        check_free(options.out)
        if options.train and options.model is not None:
            raise ValueError("--model and --train can't be combined, because --train trains a new model. Omit one.")
        for name in ("steps", "seed"):
            if name in options.given and not options.train:
                raise ValueError(f"--{name} has an effect only with --train. Omit it, or add --train.")
    import_keras()
    with exit_on_user_errors():
        use_device(options.device)
    from keras_cae.cli.denoising.run import DenoisingRun

    with exit_on_user_errors():
        return DenoisingRun(options).finish()
