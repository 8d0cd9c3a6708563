"""The area under the per-region overlap by its definition, in NumPy and SciPy."""

import numpy as np
from scipy import ndimage


def area_under_overlap(masks, maps, limit=0.3):
    """The area under the mean overlap of the regions up to a false-positive rate, divided by this rate."""
    regions = []
    for mask, each in zip(masks, maps, strict=True):
        numbers, count = ndimage.label(mask, np.ones((3,) * mask.ndim))
        regions += [np.sort(each[numbers == number]) for number in range(1, count + 1)]
    normal = np.sort(maps[~masks])
    thresholds = np.append(np.inf, np.unique(maps)[::-1])
    false = 1 - np.searchsorted(normal, thresholds) / len(normal)
    overlap = np.mean([1 - np.searchsorted(region, thresholds) / len(region) for region in regions], axis=0)
    inside = false <= limit
    x, y = np.append(false[inside], limit), np.append(overlap[inside], np.interp(limit, false, overlap))
    return np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2) / limit
