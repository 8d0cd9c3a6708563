"""Reports that a run prints before and after training."""

import math
import shlex
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.table import Table

from keras_cae.cli.comparison import Quality
from keras_cae.cli.messages import say, say_table, warn
from keras_cae.cli.run_folder import RunFolder
from keras_cae.datasets import ImageData, ImageSplit, SkippedFile
from keras_cae.datasets.streamed_data import StreamedData, StreamedSplit, image_bytes
from keras_cae.kinds import kind_of
from keras_cae.wording import counted

LISTED_FILES = 10
LATE = 0.8
"""The fraction of the epochs after which a best epoch suggests that training was too short."""


def report_data(data: ImageData | StreamedData, split: ImageSplit | StreamedSplit) -> None:
    """Print which images were found and which files were skipped.

    Args:
        data: the loaded images.
        split: the training, validation and test images.
    """
    report_skipped(data.skipped)
    for note in data.notes:
        warn(f"Note: {note}")
    size = "×".join(str(side) for side in data.images.shape[1:])
    say(
        f"Data: {data.name}, {kind_of(split.train).noun} of {size}: {len(split.train):,} for training, "
        f"{len(split.validation):,} for validation, {len(split.test):,} for testing"
    )
    if isinstance(data, StreamedData):
        gigabytes = len(data.images) * image_bytes(data.source) / 1e9
        read = "1 file is" if data.files == 1 else f"{data.files:,} files are"
        say(f"Streaming: {read} read on demand, {gigabytes:,.2f} GB of pixels in total.")


def report_skipped(skipped: Sequence[SkippedFile]) -> None:
    """Print the files that could not be read.

    Args:
        skipped: the files.
    """
    if not skipped:
        return
    warn(f"Skipped {counted(len(skipped), 'files')} that can't be read:")
    for path, reason in skipped[:LISTED_FILES]:
        warn(f"  {path}: {reason}")
    if len(skipped) > LISTED_FILES:
        warn(f"  … and {len(skipped) - LISTED_FILES} more")


def report_quality(rows: dict[str, Quality], images: Any) -> None:
    """Print the table of test results.

    Args:
        rows: the quality by the name of the method.
        images: the test images.
    """
    table = Table(title=counted(len(images), f"test {kind_of(images).noun}"), title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("")
    for heading in ("MSE", "PSNR (dB)", "SSIM"):
        table.add_column(heading, justify="right")
    for name, quality in rows.items():
        table.add_row(name, *_figures(quality))
    say_table(table)


def report_baseline(quality: dict[str, Quality], best_epoch: int, epochs: int) -> None:
    """Print a warning and a suggestion if a model is worse than PCA.

    Args:
        quality: the quality by the name of the method: first the model, then PCA.
        best_epoch: the epoch with the smallest validation loss, counted from 1.
        epochs: number of epochs for which the model was trained.
    """
    (name, model), (_, baseline) = list(quality.items())[:2]
    if model.mse <= baseline.mse:
        return
    if best_epoch > LATE * epochs:
        remedy = f"It was still improving: train it for longer, with --epochs {3 * epochs}."
    else:
        remedy = (
            f"It stopped improving at epoch {best_epoch} of {epochs}: try a smaller --learning-rate, more --filters or "
            "more images, or search for a better model with keras-cae tune."
        )
    say(f"{name} is worse than PCA, a linear model: {model.psnr:.2f} dB versus {baseline.psnr:.2f} dB. {remedy}")


DETECTION = {
    "images": "images",
    "image_auroc": "image AUROC",
    "f1": "F1",
    "accuracy": "accuracy",
    "pixel_auroc": "pixel AUROC",
    "aupro": "AUPRO",
}
"""The columns of the table of results for each kind of defect, and their headings."""


def report_detection(kinds: dict[str, dict[str, Any]]) -> None:
    """Print how well each kind of defect is detected.

    Args:
        kinds: the results by the kind of defect; nothing is printed if there are none.
    """
    if not kinds:
        return
    shown = [name for name in DETECTION if any(name in results for results in kinds.values())]
    table = Table(title="Each kind of defect against defect-free images", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("")
    for name in shown:
        table.add_column(DETECTION[name], justify="right")
    for kind, results in kinds.items():
        table.add_row(kind, *(_figure(results.get(name)) for name in shown))
    say_table(table)


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _figures(quality: Quality) -> tuple[str, str, str]:
    return f"{quality.mse:.5f}", f"{quality.psnr:.2f}", f"{quality.ssim:.3f}"


def compression(image_shape: Sequence[int], code_size: int) -> str:
    """Return the sizes of a code and of an image, and their ratio, as text.

    Args:
        image_shape: `(*spatial, channels)`.
        code_size: the number of values in a code.
    """
    values = math.prod(image_shape)
    return f"{code_size} of {values:,} numbers ({values / code_size:.1f}× compression)"


def report_files(folder: RunFolder) -> None:
    """Print the paths of the files and the next command to run.

    Args:
        folder: the folder of the run.
    """
    say(f"Best model: {folder.model}")
    say(f"Reconstructions: {folder.picture}")
    say(f"These results: {folder.results}")
    logs = shlex.quote(str(folder.path))
    say(f"Next, view the training in TensorBoard: tensorboard --logdir {logs} --samples_per_plugin images=1000")
