"""The windows of time series, and the conversion of results back to time steps."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from keras_cae.datasets.memory import check_memory
from keras_cae.validation import boolean, positive_int
from keras_cae.validation import seed as seed_rule
from keras_cae.wording import counted

CHUNK = 2**18
"""The number of steps or windows that are processed at a time, which limits the memory."""
DTYPE = np.dtype("float32")
REMEDY = "Train and predict on their batches() instead, use a larger stride, or select some of them: windows[:1000]."

Starts = range | np.ndarray


class SeriesWindows:
    """The windows of one or several time series, as `keras_cae.datasets.windows` returns them.

    Use it like an array of shape `(n, length, channels)` and type float32: `len(windows)`, `windows[3]`,
    `windows[:100]`, `numpy.asarray(windows)`, `model.fit(windows)`, `model.predict(windows)`. The series are stored
    once, and windows are cut out on demand. `batches` yields them batch by batch, if not all fit into memory.

    `scores_per_step`, `anomalous_steps` and `to_series` convert results for windows to results for time steps. They
    return one array for a single series, and a list of arrays for a list of series.

    Args:
        series: arrays `(steps, channels)` with the same number of channels.
        length: number of steps in a window.
        stride: number of steps from the start of a window to that of the next.
        skip_gaps: whether to skip windows with values that are not finite, instead of raising an error.
        single: whether a single series was passed instead of a list.

    Raises:
        ValueError: there are no windows, or values are not finite.

    Example:

    >>> morning, evening = np.zeros((50, 2)), np.ones((30, 2))
    >>> windows = keras_cae.datasets.windows([morning, evening], length=20, stride=10)
    >>> windows.shape
    (6, 20, 2)
    >>> [scores.shape for scores in windows.scores_per_step(np.zeros((6, 20)))]
    [(50,), (30,)]
    >>> [batch.shape for batch in windows.batches(4).as_numpy_iterator()]
    [(4, 20, 2), (2, 20, 2)]
    """

    def __init__(
        self, series: Sequence[np.ndarray], length: int, stride: int, *, skip_gaps: bool = False, single: bool = True
    ) -> None:
        self.series = tuple(series)
        self.length, self.stride = length, stride
        self._single = single
        gaps = [_steps_that_are_not_finite(one) for one in self.series]
        if not skip_gaps:
            _check_no_gaps(gaps)
        self._starts = [
            _starts_without_gaps(range(0, len(one) - length + 1, stride), length, gap)
            for one, gap in zip(self.series, gaps, strict=True)
        ]
        self._ends = np.cumsum([len(starts) for starts in self._starts])
        if not len(self):
            longest = max(len(one) for one in self.series)
            reason = "every window contains a gap" if length <= longest else f"the longest series has {longest} steps"
            raise ValueError(f"length must allow for at least one window, got {length}, but {reason}.")

    # Like an array

    @property
    def shape(self) -> tuple[int, int, int]:
        """`(n, length, channels)`."""
        return len(self), self.length, self.series[0].shape[1]

    @property
    def ndim(self) -> int:
        """The number of axes, which is 3."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the windows, which is float32."""
        return DTYPE

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, index: Any) -> np.ndarray:
        """Return a window for an integer, or windows for a slice or an array of integers or booleans."""
        indices = np.arange(len(self))[index] if _is_mask(index) else self._indices(index)
        return self._cut(indices) if indices.ndim else self._cut(indices[None])[0]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[index] for index in range(len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("An array of windows is always a copy, because they overlap. Use copy=None.")
        check_memory(self.shape, DTYPE, "windows", REMEDY)
        return self[:].astype(dtype or DTYPE, copy=False)

    def __repr__(self) -> str:
        return f"<SeriesWindows of {len(self.series)} series, shape={self.shape}, stride={self.stride}>"

    @property
    def starts(self) -> Any:
        """The step at which each window starts in its series: an array, or a list of arrays."""
        return self._as_given([np.asarray(starts, "int64") for starts in self._starts])

    def batches(self, batch_size: int = 32, *, shuffle: bool = False, seed: int | None = None) -> Any:
        """Return a `tf.data.Dataset` of batches of windows, which are cut out while they are read.

        Args:
            batch_size: windows per batch; the last batch may be smaller.
            shuffle: whether to shuffle the windows in each pass, for training.
            seed: seed of the order. The same seed gives the same sequence of orders.

        Raises:
            ValueError: an argument is invalid.
        """
        import tensorflow as tf

        batch_size, shuffle = positive_int(batch_size, "batch_size"), boolean(shuffle, "shuffle")
        generator = np.random.default_rng(seed_rule(seed, "seed"))

        def single_pass() -> Iterator[np.ndarray]:
            order = generator.permutation(len(self)) if shuffle else range(len(self))
            for start in range(0, len(self), batch_size):
                yield self._cut(np.asarray(order[start : start + batch_size]))

        spec = tf.TensorSpec((None, *self.shape[1:]), DTYPE)
        count = -(-len(self) // batch_size)
        dataset = tf.data.Dataset.from_generator(single_pass, output_signature=spec)
        return dataset.apply(tf.data.experimental.assert_cardinality(count)).prefetch(2)

    # Back to time steps

    def scores_per_step(self, errors: Any) -> Any:
        """Return one score for each time step: the mean of the errors of all windows that cover it.

        Args:
            errors: errors of the windows, `(n,)`; or of each of their steps, `(n, length)` or `(n, length, channels)`,
                which is averaged over the channels. With errors of steps, the scores within a window can differ. Or an
                iterable of such arrays, one per batch.

        Returns:
            A float64 array `(steps,)`, or a list of arrays for a list of series. Steps without a window get NaN.

        Raises:
            ValueError: the errors have an unsupported shape, or their number differs from that of the windows.
        """
        totals = self._totals(errors, lambda batch: _checked_values(batch, self.length), ())
        return self._as_given([_mean(*pair) for pair in zip(totals, self._coverage(), strict=True)])

    def anomalous_steps(self, is_anomaly: Any) -> Any:
        """Return which time steps are anomalous: those that only anomalous windows cover.

        A window is anomalous if any of its steps is. Flagging all of its steps would also flag the normal steps around
        an anomaly.

        Args:
            is_anomaly: booleans for the windows, `(n,)`, or for each of their steps, `(n, length)`; or an iterable of
                such arrays, one per batch.

        Returns:
            A boolean array `(steps,)`, or a list of arrays for a list of series. Steps without a window get False.

        Raises:
            ValueError: the values are not booleans or have an unsupported shape, or their number differs from that of
                the windows.
        """
        totals = self._totals(is_anomaly, lambda batch: _checked_values(_booleans(batch), self.length), ())
        flags = [(counts > 0) & (total == counts) for total, counts in zip(totals, self._coverage(), strict=True)]
        return self._as_given(flags)

    def to_series(self, values: Any) -> Any:
        """Join windows to series: return for each time step the mean over the windows that cover it.

        Args:
            values: windows `(n, length, channels)`, such as reconstructions, with any number of channels; or an
                iterable of such arrays, one per batch.

        Returns:
            A float64 array `(steps, channels)`, or a list of arrays for a list of series. Steps without a window get
            NaN.

        Raises:
            ValueError: the values have an unsupported shape, or their number differs from that of the windows.
        """
        batches = _batches(values)
        first = next(batches, np.zeros(0))
        shape = (self.length, *first.shape[2:])

        def checked(batch: np.ndarray) -> np.ndarray:
            if batch.ndim != 3 or batch.shape[1:] != shape:
                raise ValueError(
                    f"values must be windows of shape (n, {self.length}, channels), got the shape {batch.shape}."
                )
            return batch.astype("float64")

        totals = self._totals(itertools.chain([first], batches), checked, shape[1:])
        return self._as_given([_mean(*pair) for pair in zip(totals, self._coverage(), strict=True)])

    def _totals(self, values: Any, checked: Any, shape: tuple[int, ...]) -> list[np.ndarray]:
        """Return for each series and step the sum over the windows that cover the step."""
        totals = [np.zeros((len(one), *shape)) for one in self.series]
        done = 0
        for given in _batches(values):
            batch = checked(given)
            if done + len(batch) > len(self):
                done = -1
                break
            for number, rows, starts in self._places(np.arange(done, done + len(batch))):
                for offset in range(self.length):
                    # The windows of a series start at different steps, so no index occurs twice.
                    totals[number][starts + offset] += batch[rows, offset] if batch.ndim > 1 else batch[rows]
            done += len(batch)
        if done != len(self):
            many = "more" if done < 0 else str(done)
            raise ValueError(
                f"There must be one value per window, in the same order, {len(self)} in total, got {many}."
            )
        return totals

    def _coverage(self) -> list[np.ndarray]:
        """Return for each series how many windows cover each step."""
        counts = []
        for one, starts in zip(self.series, self._starts, strict=True):
            changes = np.zeros(len(one) + 1, "int64")
            changes[np.asarray(starts, "int64")] += 1
            changes[np.asarray(starts, "int64") + self.length] -= 1
            counts.append(np.cumsum(changes[:-1]))
        return counts

    # Positions of windows

    def _indices(self, index: Any) -> np.ndarray:
        if isinstance(index, slice):
            return np.arange(*index.indices(len(self)))
        indices = np.asarray(index, "int64" if np.size(index) == 0 else None)
        if indices.dtype.kind not in "iu" or indices.ndim > 1:
            raise IndexError(
                f"The index must be an integer, a slice, or an array of integers or booleans, got {index!r}."
            )
        if indices.size and not -len(self) <= indices.min() <= indices.max() < len(self):
            raise IndexError(f"The index must be from {-len(self)} to {len(self) - 1}, got {index!r}.")
        return np.where(indices < 0, indices + len(self), indices)

    def _places(self, indices: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield for each series its number, the positions of its windows in `indices`, and their starts."""
        numbers = np.searchsorted(self._ends, indices, side="right")
        for number in np.unique(numbers):
            rows = np.flatnonzero(numbers == number)
            starts = self._starts[number]
            within = indices[rows] - (self._ends[number] - len(starts))
            yield number, rows, within * self.stride if isinstance(starts, range) else starts[within]

    def _cut(self, indices: np.ndarray) -> np.ndarray:
        windows = np.empty((len(indices), *self.shape[1:]), DTYPE)
        for number, rows, starts in self._places(indices):
            view = np.lib.stride_tricks.sliding_window_view(self.series[number], self.length, axis=0)
            windows[rows] = view[starts].swapaxes(1, 2)
        return windows

    def _as_given(self, arrays: list[np.ndarray]) -> Any:
        return arrays[0] if self._single else arrays


def _steps_that_are_not_finite(series: np.ndarray) -> np.ndarray:
    if series.dtype.kind != "f":
        return np.zeros(0, "int64")
    found = []
    for start in range(0, len(series), CHUNK):
        with np.errstate(over="ignore"):  # values beyond the range of float32 become infinite
            values = series[start : start + CHUNK].astype(DTYPE, copy=False)
        found.append(start + np.flatnonzero(~np.isfinite(values).all(axis=1)))
    return np.concatenate(found)


def _check_no_gaps(gaps: list[np.ndarray]) -> None:
    for number, gap in enumerate(gaps):
        if len(gap):
            where = f"series[{number}]" if len(gaps) > 1 else "series"
            raise ValueError(
                f"{where} must be finite, got NaN or infinite values in {counted(len(gap), 'steps')}, first in step "
                f"{gap[0]}. Fill these gaps, or skip the windows that contain them with gaps='skip'."
            )


def _starts_without_gaps(starts: range, length: int, gaps: np.ndarray) -> Starts:
    """Return the starts of the windows without gaps. If there are no gaps, this is a range, which takes no memory."""
    if not len(gaps):
        return starts
    every = np.asarray(starts, "int64")
    return every[np.searchsorted(gaps, every) == np.searchsorted(gaps, every + length)]


def _is_mask(index: Any) -> bool:
    return not isinstance(index, slice) and np.asarray(index).dtype == bool


def _batches(values: Any) -> Iterator[np.ndarray]:
    """Yield an array, or each of an iterable of arrays, in parts of limited size."""
    whole = hasattr(values, "shape") or (isinstance(values, list | tuple) and all(np.ndim(one) == 0 for one in values))
    for part in [values] if whole else values:
        array = np.asarray(part)
        for start in range(0, len(array), CHUNK):
            yield array[start : start + CHUNK]


def _checked_values(batch: np.ndarray, length: int) -> np.ndarray:
    """Return the values of windows, `(n,)`, or of their steps, `(n, length)`, as floats."""
    if batch.ndim == 2 and batch.shape[1] == 1 != length:
        batch = batch[:, 0]
    if batch.ndim not in (1, 2, 3) or (batch.ndim > 1 and batch.shape[1] != length):
        raise ValueError(
            f"There must be one value per window, (n,), or per step of it, (n, {length}) or (n, {length}, channels), "
            f"got the shape {batch.shape}."
        )
    batch = batch.astype("float64")
    return batch.mean(axis=-1) if batch.ndim == 3 else batch


def _booleans(batch: np.ndarray) -> np.ndarray:
    if batch.dtype != bool or batch.ndim > 2:
        raise ValueError(
            "is_anomaly must be booleans of shape (n,) or (n, length), such as errors > threshold, got "
            f"{batch.dtype} of shape {batch.shape}."
        )
    return batch


def _mean(totals: np.ndarray, counts: np.ndarray) -> np.ndarray:
    counts = counts.reshape(-1, *[1] * (totals.ndim - 1))
    return np.divide(totals, counts, out=np.full(totals.shape, np.nan), where=counts > 0)
