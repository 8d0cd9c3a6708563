"""A figure of the anomaly maps of a detector."""

from typing import Any

import numpy as np

from keras_cae.anomaly.anomaly_detector import AnomalyDetector
from keras_cae.anomaly.masks import as_masks
from keras_cae.drawing.anomaly_maps import anomaly_grid, scale_of_maps
from keras_cae.kinds import rank_of
from keras_cae.plots.examples import Shown, first_examples, name_of
from keras_cae.plots.grid_figure import draw_grid
from keras_cae.plots.page import Page
from keras_cae.validation import positive_int


def anomaly_maps(
    detector: Any,
    images: Any,
    *,
    masks: Any = None,
    max_images: int = 8,
    figsize: Any = None,
    dpi: Any = None,
    figure: Any = None,
) -> Any:
    """Show images, their reconstructions, the anomaly maps of a detector, and the scores.

    The threshold of the maps is the middle of the colour scale. Scores above the threshold of images are bold and red.

    Args:
        detector: a calibrated `AnomalyDetector`.
        images: `(n, height, width, channels)`, floats or integers; or signals or volumes; or a dataset of batches.
        masks: masks of the defects, shown in another row: `(n, *spatial)`, or a list that may contain None.
        max_images: the maximum number of images to show.
        figsize: width and height of the figure in inches; by default as large as the content requires.
        dpi: pixels per inch.
        figure: a `matplotlib.figure.Figure` or `SubFigure` to draw into.

    Returns:
        The `matplotlib.figure.Figure`.

    Raises:
        ImportError: matplotlib is not installed.
        TypeError: `detector` is not an `AnomalyDetector`.
        ValueError: the detector is not calibrated, or the images or masks are invalid.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> history = model.fit(images, verbose=0)
    >>> detector = keras_cae.anomaly.AnomalyDetector(model, score="mse").calibrate(images)
    >>> figure = keras_cae.plots.anomaly_maps(detector, images[:4])
    """
    if not isinstance(detector, AnomalyDetector):
        raise TypeError(
            f"detector must be a keras_cae.anomaly.AnomalyDetector, got {type(detector).__name__}. Create one from a "
            "trained model with AnomalyDetector(model).calibrate(normal_images)."
        )
    page = Page(figsize, dpi, figure)
    images = first_examples(detector.autoencoder, images, positive_int(max_images, "max_images"))
    if masks is not None:
        masks = as_masks(masks[: len(images)], np.zeros(len(images), bool), images.shape[1:])
    found = detector.predict(images)
    shown = Shown(images)
    threshold = detector.map_threshold
    grid = anomaly_grid(
        shown(images),
        shown(detector.autoencoder.predict_on_batch(images)),
        found["anomaly_map"],
        threshold,
        masks,
        found["score"],
    )
    bar = None
    if rank_of(images) > 1:
        scale = scale_of_maps(found["anomaly_map"], threshold)
        bar = {"scale": scale, "label": "anomaly map"}
        if scale == 2 * threshold:
            bar["ticks"] = [0, threshold, scale]
    label = f"score (anomalous above {detector.threshold:.3g})"
    title = f"Anomalies found by {name_of(detector.autoencoder)}{shown.note}"
    return draw_grid(page, grid, title, label=label, bar=bar, marked=found["is_anomaly"])
