"""A scoring run, from the file of the detector to the final report."""

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.anomaly import AnomalyDetector
from keras_cae.cli.commands.score import ScoreOptions
from keras_cae.cli.exit_handling import ANOMALIES_FOUND, SUCCESS
from keras_cae.cli.messages import say, warn
from keras_cae.cli.precision import choose_precision
from keras_cae.cli.progress import progress
from keras_cae.cli.report import report_detection, report_skipped
from keras_cae.cli.run_folder import RunFolder, make_run_folder
from keras_cae.cli.saved_model import load_saved
from keras_cae.cli.scoring.half_precision import HalfPrecision
from keras_cae.cli.scoring.measurement import Measurement
from keras_cae.cli.scoring.sources import Scored, open_source
from keras_cae.drawing.anomaly_overlay import draw_anomaly_overlay
from keras_cae.drawing.png import to_png
from keras_cae.files import write_atomically, write_text
from keras_cae.precision import POLICIES, SINGLE

ASSUMED_SIDE = 64
"""The side of the images on which precisions are compared if a model accepts any size."""
COLUMNS = ("file", "kind", "score", "probability", "is_anomaly")


class ScoringRun:
    """A scoring run. The constructor validates the options and the images.

    Args:
        options: the options of the command.

    Raises:
        OSError: the detector, the images or the folder for the results can't be opened.
        ValueError: the file does not contain a detector, or the detector does not support the images.
    """

    def __init__(self, options: ScoreOptions) -> None:
        self.options = options
        self.detector = load_detector(options.detector)
        if options.threshold is not None:
            self.detector.threshold = options.threshold
        self.precision = self._choose_precision()
        self.predict: Any = self.detector.predict
        if self.precision != SINGLE:
            self.predict = HalfPrecision(self.detector, POLICIES[self.precision]).predict
        self.source = open_source(options.data, options.key, self.detector, options.stream)
        self.folder = make_run_folder(options.out, f"{self.source.name}-scores")
        self.measurement = Measurement(self.detector.threshold)
        self.pictures = len(self.detector.autoencoder.built_shape) == 4 and options.overlays != "none"
        self.scored = self.anomalies = 0

    def _choose_precision(self) -> str:
        options, autoencoder = self.options, self.detector.autoencoder
        shape, size = autoencoder.built_shape[1:], self.detector.image_size
        if None in shape:
            sides = size or (ASSUMED_SIDE,) * autoencoder.rank
            shape = (*sides, shape[-1])
        measured: dict[str, Any] = {"image_shape": shape, "batch_size": options.batch_size, "training": False}
        return choose_precision(options.precision, autoencoder, **measured)

    def finish(self) -> int:
        """Score the images, write the results and print the report.

        Returns:
            The exit code of the program.
        """
        for note in self.source.notes:
            warn(f"Note: {note}")
        with write_atomically(self.folder.scores) as unfinished, unfinished.open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            with progress(self.source.count) as advance:
                for images in self.source.batches(self.options.batch_size):
                    table.writerows(self._score(images))
                    advance(len(images))
        report_skipped(self.source.skipped)
        if not self.scored:
            raise ValueError("None of the images could be read.")
        results = self._results()
        write_text(self.folder.results, json.dumps(results, indent=2) + "\n")
        self._report(results)
        return ANOMALIES_FOUND if self.anomalies and self.options.fail_on_anomaly else SUCCESS

    def _score(self, images: list[Scored]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a batch."""
        pixels = np.stack([image.pixels for image in images])
        found = self.predict(pixels, batch_size=self.options.batch_size)
        self.measurement.add(images, found)
        self.scored += len(images)
        self.anomalies += int(found["is_anomaly"].sum())
        for number, image in enumerate(images):
            score, probability, is_anomaly, anomaly_map = (
                found[name][number] for name in ("score", "probability", "is_anomaly", "anomaly_map")
            )
            if self.pictures and (is_anomaly or self.options.overlays == "all"):
                self._draw(image, anomaly_map)
            yield image.name, image.kind or "", f"{score:.8g}", f"{probability:.6g}", int(is_anomaly)

    def _draw(self, image: Scored, anomaly_map: np.ndarray) -> None:
        picture = draw_anomaly_overlay(*self.source.picture(image, anomaly_map), self.detector.map_threshold)
        # Keep the old suffix, because images may differ only in their suffix.
        path = self.folder.overlays / f"{image.name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        with write_atomically(path) as unfinished:
            unfinished.write_bytes(to_png(picture))

    def _results(self) -> dict[str, Any]:
        options = self.options
        return {
            "detector": str(options.detector),
            "data": options.data,
            "precision": self.precision,
            "images": self.scored,
            "anomalies": self.anomalies,
            "threshold": self.detector.threshold,
            "map_threshold": self.detector.map_threshold,
            "skipped": [skipped._asdict() for skipped in self.source.skipped],
            "kinds": _without_nan(self.measurement.results()),
            "scores": str(self.folder.scores),
        }

    def _report(self, results: dict[str, Any]) -> None:
        if self.options.json:
            say(json.dumps(results))
            return
        share = 100 * self.anomalies / self.scored
        threshold = f"{self.detector.threshold:.4g}"
        say(f"Anomalies: {self.anomalies:,} of {self.scored:,} ({share:.1f} %), with scores above {threshold}")
        report_detection(results["kinds"])
        say(f"Scores: {self.folder.scores}")
        if self.folder.overlays.is_dir():
            say(f"Where the anomalies are: {self.folder.overlays}")
        say(f"These results: {self.folder.results}")


def load_detector(path: Path) -> AnomalyDetector:
    """Load a detector from its file, or from a run folder.

    Raises:
        OSError: there is no such file.
        ValueError: the file holds something else.
    """
    file = RunFolder(path).detector if path.is_dir() else path
    remedy = "Train one with: keras-cae train DATA --detector"
    return load_saved(file, AnomalyDetector, "detector", "an AnomalyDetector", remedy)


def _without_nan(results: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the results with NaN, which JSON does not support, replaced by None."""
    return {
        kind: {name: None if math.isnan(value) else value for name, value in values.items()}
        for kind, values in results.items()
    }
