"""Pictures of anomaly maps over their images."""

import numpy as np
from PIL import Image, ImageFilter

from keras_cae.drawing.anomaly_maps import scale_of_maps
from keras_cae.drawing.colormap import apply_colormap

OPACITY = 0.7
OUTLINE = (255, 0, 255)


def draw_anomaly_overlay(image: np.ndarray, anomaly_map: np.ndarray, threshold: float) -> np.ndarray:
    """Draw an anomaly map over its image, with an outline around the pixels above the threshold.

    Args:
        image: `(height, width, channels)` of uint8 or uint16, or floats in [0, 1], with 1, 3 or 4 channels.
        anomaly_map: `(height, width)`.
        threshold: the value above which pixels are anomalous.

    Returns:
        The picture, `(height, width, 3)` uint8.
    """
    shown = _as_rgb(image).astype("float32")
    above = anomaly_map > threshold
    strength = np.clip(anomaly_map / scale_of_maps(anomaly_map, threshold), 0, 1)
    opacity = OPACITY * strength[..., None]
    mixed = (1 - opacity) * shown + opacity * apply_colormap(strength)
    picture = np.rint(mixed).astype("uint8")
    picture[_outline(above)] = OUTLINE
    return picture


def _as_rgb(image: np.ndarray) -> np.ndarray:
    """Return the image with three channels from 0 to 255."""
    if image.dtype.kind == "f":
        image = np.rint(np.clip(image, 0, 1) * 255).astype("uint8")
    elif image.dtype != np.uint8:
        image = np.rint(image / (np.iinfo(image.dtype).max / 255)).astype("uint8")
    return np.repeat(image[..., :1], 3, axis=-1) if image.shape[-1] < 3 else image[..., :3]


def _outline(above: np.ndarray) -> np.ndarray:
    """Return the outline of the marked pixels, with a width that suits the size of the image."""
    width = 2 * max(1, round(min(above.shape) / 256)) + 1
    grown = Image.fromarray(above.astype("uint8") * 255).filter(ImageFilter.MaxFilter(width))
    return (np.asarray(grown) > 0) & ~above
