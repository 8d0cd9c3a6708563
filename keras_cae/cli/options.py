"""The options of the commands, with their types, validation and help texts."""

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
else:  # typer accepts only the names in the tables
    ModelName = Literal[tuple(MODELS)]
    SearchedModelName = Literal[(ANY, *MODELS)]
    LossName = Literal[tuple(LOSSES)]
    TunerName = Literal[tuple(TUNERS)]


class Widths(tuple[int, ...]):
    """The numbers of filters. This is a separate class because typer parses a tuple as several values."""


class ImageSize(NamedTuple):
    """The size of images in pixels."""

    height: int
    width: int


def widths(value: str) -> Widths:
    """Parse a list of positive integers such as "16,32"."""
    return Widths(_integers(value, ",", "a list of positive integers separated by commas, such as 16,32"))


def image_size(value: str) -> ImageSize:
    """Parse an image size such as "48x64", height first, or "64" for square images."""
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
        raise typer.BadParameter(f"{value} is not a positive number.")
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
        "(downloaded); a folder of images, nested or not; an .npy or .npz file; or shards written by keras-cae pack, "
        "such as out/train-{shard}.tfrecord.",
    ),
]
Rank = Annotated[
    Literal[1, 2, 3],
    typer.Option(
        help="The number of spatial axes: 1 for signals (n, length, channels), 2 for images, 3 for volumes (n, depth, "
        "height, width, channels). Signals and volumes are read from .npy or .npz files.",
        rich_help_panel="Images",
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        help="The name of the array in an .npz file.",
        show_default="x_train with x_test, images, x, data, or the only array in the file",
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
        help="How images are resized: stretch changes the aspect ratio, crop cuts off the edges, pad adds black "
        "borders.",
        rich_help_panel="Images",
    ),
]
Channels = Annotated[
    Literal[1, 3, 4] | None,
    typer.Option(
        help="The number of channels: 1 for grey, 3 for colour, 4 for colour with an alpha channel.",
        show_default="as in the images",
        rich_help_panel="Images",
    ),
]

Stream = Annotated[
    bool | None,
    typer.Option(
        "--stream/--no-stream",
        help="Read images on demand, for data that do not fit into memory.",
        show_default="stream if the images need more than half of the memory",
        rich_help_panel="Images",
    ),
]
PackedData = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A folder of images, nested or not; an .npy or .npz file; or shards to repack.",
    ),
]
Pattern = Annotated[
    str,
    typer.Argument(
        metavar="PATTERN",
        help="The file names of the shards, with {shard} as a placeholder for the number, such as "
        "out/train-{shard}.tfrecord.",
    ),
]
Shards = Annotated[int, typer.Option(min=1, help="The number of files.", rich_help_panel="Shards")]
PackedSize = Annotated[
    ImageSize | None,
    typer.Option(
        "--image-size",
        metavar="N|HxW",
        parser=image_size,
        help="The size of all images in pixels, height first. The resized pixels are stored instead of the files.",
        show_default="each image keeps its size",
        rich_help_panel="Images",
    ),
]
Pages = Annotated[
    bool,
    typer.Option("--pages", help="Treat each page of a TIFF file as an image.", rich_help_panel="Images"),
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Overwrite existing shards of this pattern.", rich_help_panel="Shards"),
]

# The model

Model = Annotated[ModelName, typer.Option(help="The architecture.", rich_help_panel="Model")]
SearchedModel = Annotated[
    SearchedModelName,
    typer.Option(help=f"The architecture; {ANY} also searches for the architecture.", rich_help_panel="Model"),
]
LatentDim = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="The number of values in the code of an image.",
        show_default=f"{LATENT_DIM}; for vector-quantized, determined by the image size",
        rich_help_panel="Model",
    ),
]
Filters = Annotated[
    Widths | None,
    typer.Option(
        metavar="N,N,…",
        parser=widths,
        help="The numbers of filters of the convolutions, from the highest resolution to the lowest.",
        show_default="the model's default",
        rich_help_panel="Model",
    ),
]

# Training

Noise = Annotated[
    float | None,
    typer.Option(
        min=0,
        help="Train to remove Gaussian noise of this standard deviation (white is 1).",
        show_default="the model's default, 0 for most models",
        rich_help_panel="Training",
    ),
]
Loss = Annotated[
    LossName | None,
    typer.Option(
        help="The loss function.",
        show_default="the model's default, mse for most models",
        rich_help_panel="Training",
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="The number of epochs.",
        show_default=describe_schedules("epochs"),
        rich_help_panel="Training",
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="The number of images in a batch.",
        show_default=describe_schedules("batch_size"),
        rich_help_panel="Training",
    ),
]
LearningRate = Annotated[
    float,
    typer.Option(callback=_positive, help="The learning rate of the Adam optimizer.", rich_help_panel="Training"),
]
Seed = Annotated[
    int,
    typer.Option(
        min=0,
        max=2**32 - 1,
        help="The random seed of the weights, the noise and the order of the images. It does not affect the choice of "
        "the test images.",
        rich_help_panel="Training",
    ),
]

# Searching

Tuner = Annotated[
    TunerName,
    typer.Option(help="The search algorithm of KerasTuner.", rich_help_panel="Search"),
]
Trials = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="The maximum number of trials.",
        show_default=f"{DEFAULT_TRIALS}; for hyperband, determined by --epochs",
        rich_help_panel="Search",
    ),
]
TrialEpochs = Annotated[
    int,
    typer.Option(
        min=1,
        help="The maximum number of epochs in a trial.",
        rich_help_panel="Search",
    ),
]
Workers = Annotated[
    int,
    typer.Option(
        min=0,
        help="The number of worker processes that run trials in parallel on this machine. Each one uses a GPU or an "
        "equal share of the CPU cores.",
        show_default="one trial at a time",
        rich_help_panel="Search",
    ),
]

# Scoring

Detector = Annotated[
    Path,
    typer.Argument(
        metavar="DETECTOR",
        help="A detector.keras file, as written by keras-cae train --detector or detector.save, or a run folder.",
    ),
]
ScoredData = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A folder of images, nested or not, or in the layout of MVTec AD; or any DATA of keras-cae train.",
    ),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        help="The score above which an image is an anomaly.",
        show_default="the threshold of the detector",
        rich_help_panel="Scoring",
    ),
]
Overlays = Annotated[
    Literal["anomalies", "all", "none"],
    typer.Option(
        help="The images for which to write an overlay that shows where the anomalies are.",
        rich_help_panel="Scoring",
    ),
]
ScoringBatchSize = Annotated[
    int,
    typer.Option("--batch-size", min=1, help="The number of images in a batch.", rich_help_panel="Scoring"),
]
AsJSON = Annotated[
    bool,
    typer.Option("--json", help="Print only the results, as JSON."),
]
FailOnAnomaly = Annotated[
    bool,
    typer.Option("--fail-on-anomaly", help="Exit with code 3 if there are anomalies.", rich_help_panel="Scoring"),
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
        help=f"The anomaly score: {', '.join(SCORES)}; or several, joined by +.",
        rich_help_panel="Anomalies",
    ),
]
FalsePositiveRate = Annotated[
    float,
    typer.Option(
        callback=_rate,
        help="The fraction of normal images that may be classified as anomalies.",
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
        help="The folder of a stopped run to resume, with its original options.",
    ),
]
SearchFolder = Annotated[
    Path | None,
    typer.Option(
        help="The folder of the search: a new folder, or that of a search to resume.",
        show_default="runs/DATA-MODEL-search",
    ),
]


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """The options that specify the images. None means that the value is determined by the data."""

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
        """Return all options as values that can be serialized to JSON."""
        options = {name: value for name, value in asdict(self).items() if name != "given"}
        return {name: str(value) if isinstance(value, Path) else value for name, value in options.items()}
