"""Metrics of how well maps rank the pixels of defects."""

from typing import Any

import numpy as np

from keras_cae.rankings import area, curve
from keras_cae.regions import regions_of

EXACT_PIXELS = 2**22
"""The number of pixels up to which results are exact. Beyond, values are truncated to three digits (18 bits)."""
LARGEST_EXACT_DEFECT = 2**14
"""The number of defect pixels of an image up to which AUPIMO uses exact values."""
KEPT_BITS = np.uint32(0xFFFFC000)
LIMIT_OF_AUPRO = 0.3
RANGE_OF_AUPIMO = (1e-5, 1e-4)
LEVELS = 101
"""The number of false-positive rates at which AUPIMO is evaluated."""


class PixelRankings:
    """Pixel AUROC, AUPRO and AUPIMO of masks and maps that are added batch by batch.

    Args:
        exact_pixels: number of pixels up to which results are exact.
    """

    def __init__(self, exact_pixels: int = EXACT_PIXELS) -> None:
        self.exact_pixels = exact_pixels
        self._parts: list[tuple[np.ndarray, np.ndarray]] = []
        self._entry_count = 0
        self._defect_values: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, masks: np.ndarray, maps: np.ndarray) -> None:
        """Add a batch.

        Args:
            masks: booleans, `(n, *spatial)`.
            maps: floats of the same shape.
        """
        flat = masks.reshape(-1)
        defective = np.logical_or.reduce(masks, axis=tuple(range(1, masks.ndim)), keepdims=True)
        of_normal_images = np.broadcast_to(~defective, masks.shape).reshape(-1)
        weights = np.stack([flat, ~flat, _shares_of_regions(masks), of_normal_images], 1).astype("float32")
        self._parts.append((maps.reshape(-1).astype("float32"), weights))
        self._entry_count += flat.size
        for mask, each in zip(masks, maps, strict=True):
            if mask.any():
                self._defect_values.append(_value_counts(each[mask].astype("float32")))
        if self._entry_count > self.exact_pixels:
            self._merge()

    def _merge(self) -> None:
        """Merge the stored entries into one entry for each truncated value."""
        values = _truncated(np.concatenate([values for values, _ in self._parts]))
        weights = np.concatenate([weights for _, weights in self._parts])
        different, where = np.unique(values, return_inverse=True)
        sums = [np.bincount(where, column, len(different)) for column in weights.T]
        self._parts = [(different, np.stack(sums, 1))]
        self._entry_count = len(different)

    def results(self) -> dict[str, float]:
        """Return the results by name. Undefined results are NaN."""
        values = np.concatenate([values for values, _ in self._parts])
        defects, normal, overlaps, of_normal_images = np.concatenate([weights for _, weights in self._parts]).T
        return {
            "pixel_auroc": area(*curve(values, defects, normal)),
            "aupro": area(*curve(values, overlaps, normal), limit=LIMIT_OF_AUPRO),
            "aupimo": self._aupimo(values, of_normal_images),
        }

    def _aupimo(self, values: np.ndarray, weights: np.ndarray) -> float:
        """Return the mean recall over images with defects, at low false-positive rates in normal images."""
        order = np.argsort(-values, kind="stable")
        above = np.cumsum(weights[order], dtype="float64")
        if not self._defect_values or above[-1] * RANGE_OF_AUPIMO[0] < 1:
            return float("nan")
        shares = np.geomspace(*RANGE_OF_AUPIMO, LEVELS)
        thresholds = values[order][np.searchsorted(above, shares * above[-1], side="right")]
        recalls = [_shares_above(thresholds, *each) for each in self._defect_values]
        mean = np.mean(recalls, axis=0)
        return float(np.mean((mean[1:] + mean[:-1]) / 2))


def _shares_above(thresholds: np.ndarray, values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the share of an image's defect pixels above each threshold."""
    from_here = np.append(np.cumsum(counts[::-1])[::-1], 0)
    return np.asarray(from_here[np.searchsorted(values, thresholds, side="right")] / from_here[0])


def _value_counts(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct values of an image's defect pixels, in ascending order, and their counts."""
    if len(values) > LARGEST_EXACT_DEFECT:
        values = _truncated(values)
    different, counts = np.unique(values, return_counts=True)
    return different, counts


def _truncated(values: np.ndarray) -> np.ndarray:
    """Return values with the last bits of the mantissa set to zero."""
    return (np.ascontiguousarray(values, "float32").view("uint32") & KEPT_BITS).view("float32")


def _shares_of_regions(masks: np.ndarray) -> Any:
    """Return, flattened, 1 / n for each pixel of a region of n pixels, and 0 for all other pixels."""
    regions = regions_of(masks).numpy().reshape(-1)
    return np.where(regions > 0, 1 / np.maximum(np.bincount(regions)[regions], 1), 0)
