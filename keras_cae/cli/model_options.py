"""The options of the commands that use a saved model, each declared once: its type, its check and its help."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from keras_cae.cli import options as option
from keras_cae.cli.machine_options import Device

ModelFile = Annotated[
    Path,
    typer.Argument(metavar="MODEL", help="A model.keras or a detector.keras, or the folder of a run, for its model."),
]
AnyData = Annotated[
    list[str],
    typer.Argument(
        metavar="DATA",
        help="A folder of images, nested or not; images or a pattern of their names, such as 'photos/*.png'; an .npy "
        "or .npz file; shards of keras-cae pack; or digits, mnist, fashion_mnist or cifar10.",
        show_default=False,
    ),
]
CodesFile = Annotated[
    Path,
    typer.Argument(metavar="CODES", help="An .npy, .npz, .csv or .parquet file, as keras-cae encode writes it."),
]
SampleCount = Annotated[int, typer.Argument(metavar="N", min=1, help="The number of images.")]


def _size_option(meaning: str, default: str) -> Any:
    return typer.Option(
        "--image-size",
        metavar="N|HxW",
        parser=option.image_size,
        help=f"The size of {meaning} in pixels, height first, for a model that takes any size.",
        show_default=default,
        rich_help_panel="Images",
    )


AnySize = Annotated[option.ImageSize | None, _size_option("all images", "every image keeps its own")]
MadeSize = Annotated[option.ImageSize | None, _size_option("the images", "that of the model")]
KnownResize = Annotated[
    Literal["stretch", "crop", "pad"] | None,
    typer.Option(
        "--resize",
        help="How an image is brought to the size of the model: by changing its proportions, by cutting off the "
        "overhang, or by adding black borders.",
        show_default="as in the training, where a run or a detector says so, else stretch",
        rich_help_panel="Images",
    ),
]
CodesKey = Annotated[
    str | None,
    typer.Option(
        "--key",
        help="The name of the codes in an .npz file.",
        show_default="codes, or the only array",
        rich_help_panel="Codes",
    ),
]
AppliedBatchSize = Annotated[int, typer.Option("--batch-size", min=1, help="How many are taken at once.")]
CodesOut = Annotated[
    Path | None,
    typer.Option(
        "--out",
        help="The file for the codes: .npz or .csv or .parquet, with the names of the images, or .npy.",
        show_default="runs/DATA-codes-1/codes.npz, -2, …",
    ),
]
ImagesOut = Annotated[
    Path | None,
    typer.Option(
        "--out",
        help="A new folder for pictures, or an .npy file.",
        show_default="runs/DATA-…-1, -2, …",
    ),
]
TableOut = Annotated[
    Path | None,
    typer.Option("--out", help="A .csv file with a row for every image.", show_default="none"),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file of --out.")]
SampleSeed = Annotated[
    int,
    typer.Option(min=0, max=2**32 - 1, help="Of the codes. Another one gives other images."),
]


@dataclass(frozen=True, kw_only=True)
class AppliedOptions:
    """The options of the commands that apply a model to images."""

    model: ModelFile
    data: AnyData
    key: option.Key = None
    image_size: AnySize = None
    resize: KnownResize = None
    batch_size: AppliedBatchSize = 32
    device: Device = None
    json: option.AsJSON = False
    overwrite: Overwrite = False
