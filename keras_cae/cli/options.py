"""The options of the commands, each declared once: its type, its check and its help."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from keras_cae.cli.presets import (
    ANY,
    DEFAULT_TRIALS,
    LATENT_DIM,
    LOSSES,
    MAX_SIDE,
    MODELS,
    SCORES,
    TUNERS,
    describe_schedules,
)

if TYPE_CHECKING:
    ModelName = str
    SearchedModelName = str
    LossName = str
    TunerName = str
else:  # typer offers the names that the tables have
    ModelName = Literal[tuple(MODELS)]
    SearchedModelName = Literal[(ANY, *MODELS)]
    LossName = Literal[tuple(LOSSES)]
    TunerName = Literal[tuple(TUNERS)]


class Widths(tuple[int, ...]):
    """The channels of convolutions. A class of its own, because typer reads a tuple as several values."""


class ImageSize(NamedTuple):
    """The size of images in pixels."""

    height: int
    width: int


def widths(value: str) -> Widths:
    """Return the positive integers of a list such as "16,32"."""
    return Widths(_integers(value, ",", "whole numbers above zero with commas between, such as 16,32"))


def image_size(value: str) -> ImageSize:
    """Return the size that "48x64" names, height first, or "64" for square images."""
    rule = "HEIGHTxWIDTH in pixels, such as 48x64, or one number for square images"
    sides = _integers(value.lower(), "x", rule)
    if len(sides) > 2:
        raise typer.BadParameter(f"{value!r} is not {rule}.")
    return ImageSize(sides[0], sides[-1])


def _integers(value: str, separator: str, rule: str) -> list[int]:
    parts = value.split(separator)
    if not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise typer.BadParameter(f"{value!r} is not {rule}.")
    return [int(part) for part in parts]


def _positive(value: float) -> float:
    if not 0 < value < float("inf"):
        raise typer.BadParameter(f"{value} is not a number above zero.")
    return value


def _rate(value: float) -> float:
    if not 0 < value < 1:
        raise typer.BadParameter(f"{value} is not a number between 0 and 1.")
    return value


# Images

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="digits (scikit-learn's handwritten digits, offline); mnist, fashion_mnist or cifar10 "
        "(downloaded); a folder of images, nested or not; an .npy or .npz file; or shards of keras-cae pack, such as "
        "out/train-{shard}.tfrecord.",
    ),
]
Rank = Annotated[
    Literal[1, 2, 3],
    typer.Option(
        help="The number of spatial axes: 1 for signals (n, length, channels), 2 for images, 3 for volumes (n, depth, "
        "height, width, channels). Signals and volumes come in an .npy or .npz file.",
        rich_help_panel="Images",
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        help="The name of the array in an .npz file.",
        show_default="x_train with x_test, images, x, data, or the only one",
        rich_help_panel="Images",
    ),
]
Size = Annotated[
    ImageSize | None,
    typer.Option(
        metavar="N|HxW",
        parser=image_size,
        help="The size of all images in pixels, height first.",
        show_default=f"the most common size, at most {MAX_SIDE} pixels on the longer side",
        rich_help_panel="Images",
    ),
]
Resize = Annotated[
    Literal["stretch", "crop", "pad"],
    typer.Option(
        help="How an image is brought to that size: by changing its proportions, by cutting off the "
        "overhang, or by adding black borders.",
        rich_help_panel="Images",
    ),
]
Channels = Annotated[
    Literal[1, 3, 4] | None,
    typer.Option(
        help="Grey, colour, or colour with opacity.",
        show_default="as the images are",
        rich_help_panel="Images",
    ),
]

Stream = Annotated[
    bool | None,
    typer.Option(
        "--stream/--no-stream",
        help="Read images while they are used, for data larger than the memory.",
        show_default="if they do not fit into half of the memory",
        rich_help_panel="Images",
    ),
]
PackedData = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A folder of images, nested or not; an .npy or .npz file; or shards, to pack them otherwise.",
    ),
]
Pattern = Annotated[
    str,
    typer.Argument(
        metavar="PATTERN",
        help="The names of the shards, with {shard} for their number, such as out/train-{shard}.tfrecord.",
    ),
]
Shards = Annotated[int, typer.Option(min=1, help="The number of files.", rich_help_panel="Shards")]
PackedSize = Annotated[
    ImageSize | None,
    typer.Option(
        "--image-size",
        metavar="N|HxW",
        parser=image_size,
        help="The size of all images in pixels, height first. Pixels of this size are stored, not files.",
        show_default="every image keeps its own",
        rich_help_panel="Images",
    ),
]
Pages = Annotated[
    bool,
    typer.Option("--pages", help="Take every page of a TIFF file for an image.", rich_help_panel="Images"),
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace shards of this pattern.", rich_help_panel="Shards"),
]

# The model

Model = Annotated[ModelName, typer.Option(help="The architecture.", rich_help_panel="Model")]
SearchedModel = Annotated[
    SearchedModelName,
    typer.Option(help=f"The architecture; {ANY} searches among several.", rich_help_panel="Model"),
]
LatentDim = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="The number of values in the code of an image.",
        show_default=f"{LATENT_DIM}; vector-quantized: by the size of the images",
        rich_help_panel="Model",
    ),
]
Filters = Annotated[
    Widths | None,
    typer.Option(
        metavar="N,N,…",
        parser=widths,
        help="The channels of the convolutions, from full resolution down.",
        show_default="the model's own",
        rich_help_panel="Model",
    ),
]

# Training

Noise = Annotated[
    float | None,
    typer.Option(
        min=0,
        help="Train to remove Gaussian noise of this standard deviation (white is 1).",
        show_default="the model's own, 0 for most",
        rich_help_panel="Training",
    ),
]
Loss = Annotated[
    LossName | None,
    typer.Option(
        help="What training minimizes.",
        show_default="the model's own, mse for most",
        rich_help_panel="Training",
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Passes through the training images.",
        show_default=describe_schedules("epochs"),
        rich_help_panel="Training",
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Images in a step.",
        show_default=describe_schedules("batch_size"),
        rich_help_panel="Training",
    ),
]
LearningRate = Annotated[
    float,
    typer.Option(callback=_positive, help="The step size of Adam.", rich_help_panel="Training"),
]
Seed = Annotated[
    int,
    typer.Option(
        min=0,
        max=2**32 - 1,
        help="Of weights, noise and the order of images. The test images are always the same.",
        rich_help_panel="Training",
    ),
]

# Searching

Tuner = Annotated[
    TunerName,
    typer.Option(help="How the search chooses the next models from those tried so far.", rich_help_panel="Search"),
]
Trials = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="The number of models to try.",
        show_default=f"{DEFAULT_TRIALS}; hyperband's follow from --epochs",
        rich_help_panel="Search",
    ),
]
TrialEpochs = Annotated[
    int,
    typer.Option(
        min=1,
        help="Passes through the training images in one trial, at most.",
        rich_help_panel="Search",
    ),
]
Workers = Annotated[
    int,
    typer.Option(
        min=0,
        help="The number of processes on this machine that try models at once, each with a GPU of its own or "
        "its share of the processor cores.",
        show_default="one model after the other",
        rich_help_panel="Search",
    ),
]

# Scoring

Detector = Annotated[
    Path,
    typer.Argument(
        metavar="DETECTOR",
        help="A detector.keras, as keras-cae train --detector and detector.save write it, or the folder of a run.",
    ),
]
ScoredData = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A folder of images, nested or not, or in the layout of MVTec AD; or what keras-cae train takes.",
    ),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        help="The score above which an image is an anomaly.",
        show_default="that of the detector",
        rich_help_panel="Scoring",
    ),
]
Overlays = Annotated[
    Literal["anomalies", "all", "none"],
    typer.Option(
        help="Of which images to write a picture that shows where the anomalies are.",
        rich_help_panel="Scoring",
    ),
]
ScoringBatchSize = Annotated[
    int,
    typer.Option("--batch-size", min=1, help="Images that are scored at once.", rich_help_panel="Scoring"),
]
AsJSON = Annotated[
    bool,
    typer.Option("--json", help="Print the results as JSON, and nothing else."),
]
FailOnAnomaly = Annotated[
    bool,
    typer.Option("--fail-on-anomaly", help="Exit with the code 3 if there are anomalies.", rich_help_panel="Scoring"),
]
WithDetector = Annotated[
    bool,
    typer.Option(
        "--detector",
        help="Also calibrate an anomaly detector on the validation images, and write detector.keras.",
        rich_help_panel="Anomalies",
    ),
]
Score = Annotated[
    str,
    typer.Option(
        metavar="NAME[+NAME…]",
        help=f"How the detector scores images: {', '.join(SCORES)}; joined by +, several.",
        rich_help_panel="Anomalies",
    ),
]
FalsePositiveRate = Annotated[
    float,
    typer.Option(
        callback=_rate,
        help="The share of normal images that may be called anomalies.",
        rich_help_panel="Anomalies",
    ),
]

# Results

RunFolder = Annotated[
    Path | None,
    typer.Option(help="A new folder for the results.", show_default="runs/DATA-MODEL-1, -2, …"),
]
ScoresFolder = Annotated[
    Path | None,
    typer.Option(help="A new folder for the results.", show_default="runs/DATA-scores-1, -2, …"),
]
Resume = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN",
        help="The folder of a run that was stopped, to go on where it was, with the options that it had.",
    ),
]
SearchFolder = Annotated[
    Path | None,
    typer.Option(
        help="The folder of the search: a new one, or that of a search to continue.",
        show_default="runs/DATA-MODEL-search",
    ),
]


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """The options that say which images; None where the data decide."""

    data: Data = "digits"
    rank: Rank = 2
    image_size: Size = None
    resize: Resize = "stretch"
    channels: Channels = None
    key: Key = None
    stream: Stream = None
    given: frozenset[str] = field(default=frozenset(), init=False, compare=False)
    """The names of the options that were on the command line."""

    def plain(self) -> dict[str, Any]:
        """Return all options as JSON can hold them."""
        options = {name: value for name, value in asdict(self).items() if name != "given"}
        return {name: str(value) if isinstance(value, Path) else value for name, value in options.items()}
