"""Cutting of time series into windows."""

from typing import Any

from keras_cae.datasets.series import series_arrays
from keras_cae.datasets.series_windows import SeriesWindows
from keras_cae.validation import one_of, positive_int


def windows(series: Any, length: int, stride: int = 1, *, gaps: str = "error") -> SeriesWindows:
    """Cut time series into windows of equal length, on which an autoencoder for signals can be trained.

    A series of `n` steps has `n − length + 1` windows at `stride=1`. No window spans two series. Windows are float32;
    integers become floats of the same value.

    Overlapping windows share steps, so split the series rather than the windows into training and test data.

    Args:
        series: a time series: an array `(steps,)` or `(steps, channels)`, or a pandas Series or DataFrame of numbers,
            with one channel per column; or a list of time series of any lengths. A memory map, such as
            `numpy.load(path, mmap_mode="r")`, may be larger than the memory.
        length: number of steps in a window. A series with fewer steps has no windows.
        stride: number of steps from the start of a window to that of the next. Steps after the last complete window
            are in no window.
        gaps: what to do about NaN and infinite values: "error" raises an error, "skip" skips the windows that
            contain any.

    Returns:
        `SeriesWindows`, which is used like an array `(n, length, channels)` and converts errors of windows back to
        time steps.

    Raises:
        TypeError: the series do not contain numbers.
        ValueError: an argument is invalid, values are not finite, or there are no windows.

    Example:

    >>> series = np.sin(np.arange(100) / 5)
    >>> windows = keras_cae.datasets.windows(series, length=20)
    >>> windows.shape
    (81, 20, 1)
    >>> errors = np.zeros(81)
    >>> errors[40:60] = 1.0  # what a model can't reconstruct: the windows from step 40 to 78
    >>> windows.scores_per_step(errors).round(2)[[0, 40, 59, 99]]
    array([0.  , 0.05, 1.  , 0.  ])
    >>> np.flatnonzero(windows.anomalous_steps(errors > 0.5))
    array([59])
    """
    arrays, single = series_arrays(series)
    return SeriesWindows(
        arrays,
        positive_int(length, "length"),
        positive_int(stride, "stride"),
        skip_gaps=one_of(gaps, "gaps", ("error", "skip")) == "skip",
        single=single,
    )
