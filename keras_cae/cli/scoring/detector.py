"""The anomaly detector that `keras-cae train --detector` adds to a trained model."""

import math
import shlex

import numpy as np

from keras_cae.anomaly import AnomalyDetector
from keras_cae.cli.commands.train import TrainOptions
from keras_cae.cli.messages import say, warn
from keras_cae.cli.run_folder import RunFolder
from keras_cae.datasets import ImageSplit
from keras_cae.datasets.streamed_data import StreamedSplit
from keras_cae.files import write_atomically
from keras_cae.models import CAE

CALIBRATION_BATCH = 32
"""The batch size for streamed images."""


def make_detector(model: CAE, options: TrainOptions, image_shape: tuple[int, ...]) -> AnomalyDetector:
    """Return the uncalibrated detector specified by the options."""
    size = image_shape[:-1] if len(image_shape) == 3 else None
    return AnomalyDetector(model, options.score, resize=options.resize, image_size=size)


def write_detector(
    model: CAE, split: ImageSplit | StreamedSplit, options: TrainOptions, folder: RunFolder
) -> tuple[AnomalyDetector, int]:
    """Calibrate a detector on the validation and test images, and save it.

    Returns:
        The detector, and the number of images used for calibration.
    """
    detector = make_detector(model, options, split.train.shape[1:])
    count = len(split.validation) + len(split.test)
    if isinstance(split, StreamedSplit):
        parts = [part.batches(CALIBRATION_BATCH) for part in (split.validation, split.test)]
        detector.calibrate(parts[0].concatenate(parts[1]), options.false_positive_rate)
    else:
        detector.calibrate(np.concatenate([split.validation, split.test]), options.false_positive_rate)
    with write_atomically(folder.detector) as unfinished:
        detector.save(unfinished)
    return detector, count


def report_detector(detector: AnomalyDetector, count: int, rate: float, folder: RunFolder) -> None:
    """Print how the detector was calibrated, and the next command to run.

    Args:
        detector: the detector.
        count: number of images used for calibration.
        rate: fraction of normal images that may be classified as anomalies.
        folder: folder of the run.
    """
    say(f"Detector: {folder.detector}, calibrated on the {count:,} validation and test images")
    if count * rate < 1:
        warn(
            f"Note: a threshold for a false-positive rate of {rate:g} requires at least {math.ceil(1 / rate):,} "
            f"images, got {count:,}. The threshold is the largest score instead: expect a higher rate."
        )
    say(f"Next, score other images: keras-cae score {shlex.quote(str(folder.path))} DATA")
