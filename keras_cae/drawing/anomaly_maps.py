"""Pictures of images and their anomaly maps."""

import numpy as np

from keras_cae.drawing.colormap import apply_colormap
from keras_cae.drawing.image_grid import ImageGrid, draw_image_grid
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

    The arguments are those of `anomaly_grid`.

    Returns:
        The picture, `(height, width, 3)` uint8.
    """
    return draw_image_grid(*anomaly_grid(images, reconstructions, maps, threshold, masks, scores))


def anomaly_grid(
    images: np.ndarray,
    reconstructions: np.ndarray,
    maps: np.ndarray,
    threshold: float,
    masks: np.ndarray | None,
    scores: np.ndarray,
) -> ImageGrid:
    """Return images, reconstructions, maps and masks in rows, with the score of each image.

    Args:
        images: `(n, *spatial, channels)`.
        reconstructions: reconstructions of the images.
        maps: `(n, *spatial)`. The threshold gets the middle colour, and twice the threshold the last one.
        threshold: threshold of the maps.
        masks: booleans `(n, *spatial)`, or None.
        scores: `(n,)`.
    """
    rows = {"input": np.asarray(scale_images(images), "float32"), "reconstruction": np.asarray(reconstructions)}
    if maps.ndim == SIGNAL_AXES:
        rows["anomaly map"] = maps[..., None]
    else:
        rows["anomaly map"] = apply_colormap(maps / scale_of_maps(maps, threshold)).astype("float32") / 255
    if masks is not None:
        rows["defect"] = masks[..., None].astype("float32")
    return ImageGrid(rows, captions={"score": [f"{score:.3g}" for score in scores]})


def scale_of_maps(maps: np.ndarray, threshold: float) -> float:
    """Return the value of the last colour: twice the threshold, if it is above zero."""
    return 2 * threshold if threshold > 0 else max(float(maps.max()), float(np.finfo("float32").tiny))
