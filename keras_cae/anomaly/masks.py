"""Conversion of the accepted forms of defect masks."""

from typing import Any

import numpy as np

LARGEST_LABEL = 127
"""If a mask has values above this one, it is an image in which only these values are defects."""


def as_masks(masks: Any, labels: np.ndarray, image_shape: tuple[int | None, ...]) -> np.ndarray:
    """Return masks as booleans `(n, *spatial)`.

    Args:
        masks: an array, or a sequence of arrays in which normal images may have None.
        labels: True for anomalous images, `(n,)`.
        image_shape: `(*spatial, channels)` of the images.

    Raises:
        ValueError: the mask of an anomalous image is missing, or the masks have the wrong size or number.
    """
    masks = masks.numpy() if hasattr(masks, "numpy") else masks
    if not isinstance(masks, np.ndarray | list | tuple):
        raise ValueError(
            f"masks must be an array, or a list of arrays in which normal images may have None, got {masks!r}."
        )
    if len(masks) != len(labels):
        raise ValueError(f"masks must have one entry for each of the {len(labels)} images, got {len(masks)}.")
    if not isinstance(masks, np.ndarray):
        masks = _stacked(masks, labels)
    spatial = image_shape[:-1]
    if masks.ndim == len(spatial) + 2 and masks.shape[-1] == 1:
        masks = masks[..., 0]
    sides = masks.shape[1:]
    if len(sides) != len(spatial) or any(b not in (None, a) for a, b in zip(sides, spatial, strict=True)):
        raise ValueError(
            f"masks must have the size of the images, {spatial}, got {sides}. Resize the masks without interpolation."
        )
    if masks.dtype == bool:
        return masks
    if not np.isfinite(masks).all():
        raise ValueError("masks must be finite: booleans, 0 and 1, labels, or images from 0 to 255.")
    return masks > LARGEST_LABEL if masks.size and masks.max() > LARGEST_LABEL else masks != 0


def _stacked(masks: Any, labels: np.ndarray) -> np.ndarray:
    """Stack a list of masks, with empty masks for normal images without a mask."""
    missing = [number for number, mask in enumerate(masks) if mask is None and labels[number]]
    if missing:
        raise ValueError(f"masks[{missing[0]}] is None, but the image is labelled as anomalous. Pass its mask.")
    shapes = {np.shape(mask) for mask in masks if mask is not None}
    if len(shapes) > 1:
        raise ValueError(f"masks must all have the size of the images, got {sorted(shapes)}.")
    if not shapes:
        raise ValueError("masks must hold at least one mask, got None for all images. Omit masks instead.")
    empty = np.zeros(shapes.pop())
    return np.stack([empty if mask is None else np.asarray(mask) for mask in masks])
