"""Time series cut into windows."""

from typing import Any

from keras_cae.datasets.series import series_arrays
from keras_cae.datasets.series_windows import SeriesWindows
from keras_cae.validation import one_of, positive_int


def windows(series: Any, length: int, stride: int = 1, *, gaps: str = "error") -> SeriesWindows:
    """Cut time series into windows of equal length, to train an autoencoder for signals on them.

    A series of `n` steps has `n − length + 1` windows at `stride=1`; none crosses from one series into the next.
    Windows are float32; integers become floats of the same value.

    Overlapping windows share steps: to get data for training and testing, split the series rather than the windows.

    Args:
        series: a time series, an array `(steps,)` or `(steps, channels)`, a pandas Series or a DataFrame of numbers,
            with a channel for each column; or a list of several, of any lengths. An array that is mapped from a
            file, `numpy.load(path, mmap_mode="r")`, may be larger than memory.
        length: steps in a window. A series of fewer steps has none.
        stride: steps from the start of a window to that of the next. Steps after the last complete window belong to
            none.
        gaps: what happens where values are NaN or infinite: "error" refuses them; "skip" leaves out the
            windows that hold one.

    Returns:
        `SeriesWindows`, which is used like an array `(n, length, channels)`, and leads from errors of windows back
        to time steps.

    Raises:
        TypeError: the series hold no numbers.
        ValueError: an argument is invalid, values are not finite, or there is no window.

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
