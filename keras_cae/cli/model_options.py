"""The options of the commands that use a saved model, with their types, validation and help texts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from keras_cae.cli import options as option
from keras_cae.cli.machine_options import Device

ModelFile = Annotated[
    Path,
    typer.Argument(metavar="MODEL", help="A model.keras or detector.keras file, or a run folder, whose model is used."),
]
AnyData = Annotated[
    list[str],
    typer.Argument(
        metavar="DATA",
        help="A folder of images, nested or not; image files or a pattern such as 'photos/*.png'; an .npy or .npz "
        "file; shards written by keras-cae pack; or digits, mnist, fashion_mnist or cifar10.",
        show_default=False,
    ),
]
CodesFile = Annotated[
    Path,
    typer.Argument(
        metavar="CODES", help="An .npy, .npz, .csv or .parquet file of codes, as written by keras-cae encode."
    ),
]
SampleCount = Annotated[int, typer.Argument(metavar="N", min=1, help="The number of images.")]


def _size_option(meaning: str, default: str) -> Any:
    return typer.Option(
        "--image-size",
        metavar="N|HxW",
        parser=option.image_size,
        help=f"The size of {meaning} in pixels, height first, for a model that accepts any size.",
        show_default=default,
        rich_help_panel="Images",
    )


AnySize = Annotated[option.ImageSize | None, _size_option("all images", "each image keeps its size")]
MadeSize = Annotated[option.ImageSize | None, _size_option("the images", "the size of the model")]
KnownResize = Annotated[
    Literal["stretch", "crop", "pad"] | None,
    typer.Option(
        "--resize",
        help="How images are resized to the size of the model: stretch changes the aspect ratio, crop cuts off the "
        "edges, pad adds black borders.",
        show_default="as in training if the run or the detector records it, else stretch",
        rich_help_panel="Images",
    ),
]
CodesKey = Annotated[
    str | None,
    typer.Option(
        "--key",
        help="The name of the array of codes in an .npz file.",
        show_default="codes, or the only array in the file",
        rich_help_panel="Codes",
    ),
]
AppliedBatchSize = Annotated[int, typer.Option("--batch-size", min=1, help="The batch size.")]
CodesOut = Annotated[
    Path | None,
    typer.Option(
        "--out",
        help="The output file: .npz, .csv or .parquet, which include the names of the images, or .npy.",
        show_default="runs/DATA-codes-1/codes.npz, -2, …",
    ),
]
ImagesOut = Annotated[
    Path | None,
    typer.Option(
        "--out",
        help="A new folder for PNG files, or an .npy file.",
        show_default="runs/DATA-…-1, -2, …",
    ),
]
TableOut = Annotated[
    Path | None,
    typer.Option("--out", help="A .csv file with one row per image.", show_default="none"),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Overwrite an existing --out file.")]
SampleSeed = Annotated[
    int,
    typer.Option(min=0, max=2**32 - 1, help="The random seed. A different seed generates different images."),
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
