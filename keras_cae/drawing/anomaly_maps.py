"""Images beside the maps of their anomalies."""

import numpy as np

from keras_cae.drawing.colormap import apply_colormap
from keras_cae.drawing.image_grid import draw_image_grid
from keras_cae.images import scale_images

SIGNAL_AXES = 2


def draw_anomaly_maps(
    images: np.ndarray,
    reconstructions: np.ndarray,
    maps: np.ndarray,
    threshold: float,
    masks: np.ndarray | None,
    scores: np.ndarray,
) -> np.ndarray:
    """Draw images, reconstructions, maps and masks in rows, with the score of each image.

    Args:
        images: `(n, *spatial, channels)`.
        reconstructions: of the images.
        maps: `(n, *spatial)`. The threshold has the middle colour, and twice the threshold the last one.
        threshold: of the maps.
        masks: booleans `(n, *spatial)`, or None.
        scores: `(n,)`.

    Returns:
        The picture, `(height, width, 3)` uint8.
    """
    rows = {"input": np.asarray(scale_images(images), "float32"), "reconstruction": np.asarray(reconstructions)}
    if maps.ndim == SIGNAL_AXES:
        rows["anomaly map"] = maps[..., None]
    else:
        scale = 2 * threshold if threshold > 0 else max(float(maps.max()), np.finfo("float32").tiny)
        rows["anomaly map"] = apply_colormap(maps / scale).astype("float32") / 255
    if masks is not None:
        rows["defect"] = masks[..., None].astype("float32")
    return draw_image_grid(rows, captions={"score": [f"{score:.3g}" for score in scores]})
