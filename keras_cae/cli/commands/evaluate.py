"""`keras-cae evaluate`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from keras_cae.cli import model_options as option
from keras_cae.cli.devices import use_device
from keras_cae.cli.exit_handling import SUCCESS, exit_on_user_errors
from keras_cae.cli.quiet_start import import_keras
from keras_cae.wording import counted

MEASURES = {"mse": "MSE", "psnr": "PSNR (dB)", "ssim": "SSIM"}
"""The measures that `model.evaluate_images` returns, and their headings."""


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions(option.AppliedOptions):
    """The options of `keras-cae evaluate`."""

    out: option.TableOut = None


def evaluate(options: EvaluateOptions) -> int:
    """Measure how well images are reconstructed.

    Prints the mean squared error, PSNR and SSIM, averaged over all images at the size that the model expects. With
    --out NAME.csv, also writes the values of each image. Files that can't be read are reported and skipped.
    """
    from keras_cae.cli.applying.outputs import check_file

    with exit_on_user_errors():
        if options.out is not None:
            check_file(options.out, (".csv",), (options.model, *options.data), options.overwrite)
    import_keras()
    with exit_on_user_errors():
        use_device(options.device)
    from keras_cae.cli.applying.images import apply_to_images, open_images
    from keras_cae.cli.applying.report import image_options, note, report, shell_quoted, shell_quoted_data
    from keras_cae.cli.saved_model import load_autoencoder

    with exit_on_user_errors():
        saved = load_autoencoder(options.model)
        images = open_images(options.data, saved, **image_options(options))
        note(images)
        totals = _Totals()
        measure = saved.autoencoder.evaluate_images
        with _table(options) as table:
            for batch, found in apply_to_images(measure, images, options.batch_size, "Evaluating"):
                names = [images.name_of(row) for row in batch.rows]
                totals.add(names, found)
                if table is not None:
                    rows = zip(*(found[name].tolist() for name in MEASURES), strict=True)
                    table.writerows(
                        [name, *(f"{value:.8g}" for value in row)] for name, row in zip(names, rows, strict=True)
                    )
        results = totals.results()
        if options.out is not None:
            results["out"] = str(options.out)
        said = [
            _means(results, images.kind.noun),
            f"Worst image: {results['worst']['file']}, with an MSE of {results['worst']['mse']:.5f}",
        ]
        said += [] if options.out is None else [f"Results of each image: {options.out}"]
        following = f"keras-cae reconstruct {shell_quoted(options.model)} {shell_quoted_data(options)}"
        said += [f"Next, write the reconstructions: {following}"]
        report(options, results, said, images)
    return SUCCESS


class _Totals:
    """Sums of the measures over images, and the worst image."""

    def __init__(self) -> None:
        self.count = 0
        self.sums = dict.fromkeys(MEASURES, 0.0)
        self.worst: dict[str, Any] = {"mse": -1.0}

    def add(self, names: list[str], found: Any) -> None:
        self.count += len(names)
        for name in MEASURES:
            self.sums[name] += float(found[name].sum(dtype="float64"))
        row = int(found["mse"].argmax())
        if found["mse"][row] > self.worst["mse"]:
            self.worst = {"file": names[row], **{name: float(found[name][row]) for name in MEASURES}}

    def results(self) -> dict[str, Any]:
        return {
            "images": self.count,
            **{name: total / self.count for name, total in self.sums.items()},
            "worst": self.worst,
        }


@contextmanager
def _table(options: EvaluateOptions) -> Iterator[Any]:
    """Open the table of the images for writing, or yield None if there is no `--out`."""
    if options.out is None:
        yield None
        return
    import csv

    from keras_cae.cli.applying.outputs import new_file

    with new_file(options.out, "", "") as (_, unfinished), unfinished.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", *MEASURES])
        yield table


def _means(results: dict[str, Any], noun: str) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(title=counted(results["images"], noun), title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("", *MEASURES.values()):
        table.add_column(heading, justify="right" if heading else "left")
    table.add_row("mean", f"{results['mse']:.5f}", f"{results['psnr']:.2f}", f"{results['ssim']:.3f}")
    return table
