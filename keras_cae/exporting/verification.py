"""Verification that an exported file computes the same as the model."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_cae.exporting.examples import sizes_to_try
from keras_cae.exporting.file_format import FileFormat, Run, capitalized, first_line
from keras_cae.exporting.served import Outputs, Served

ULPS = 8
"""The number of units in the last place of the largest output that count as rounding, whatever the range of outputs."""
ROUNDING = 1e-6
"""The rounding error of a quotient of two integers."""
BATCH_SIZES = (1, 5)
DRAWS = 3
"""The maximum number of random batches of each shape to try if rounding errors can cause large differences."""

Example = tuple[np.ndarray, Outputs]
"""A batch, and the outputs of the model for it."""


def verify(served: Served, file_format: FileFormat, run: Run, autoencoder: Any) -> float:
    """Compare a file with the model on random batches.

    Args:
        served: the function that the file must compute.
        file_format: format of the file.
        run: function that runs the file.
        autoencoder: the autoencoder, which determines the images to use.

    Returns:
        The largest absolute difference.

    Raises:
        ValueError: the outputs differ, or the file raises an error.
    """
    return max(
        (_smallest_difference(served, file_format, run, draws) for draws in _tried(served, autoencoder)), default=0.0
    )


def _smallest_difference(served: Served, file_format: FileFormat, run: Run, draws: list[Example]) -> float:
    """Return the largest difference for the first of several batches of one shape that shows no error."""
    for number, (batch, expected) in enumerate(draws, 1):
        try:
            return _compared(served, file_format, run, batch, expected)
        except ValueError:
            if number == len(draws):
                raise
    raise AssertionError


def _compared(served: Served, file_format: FileFormat, run: Run, batch: np.ndarray, expected: Outputs) -> float:
    try:
        found = run(batch)
    except Exception as error:
        raise _mismatch(served, file_format, batch, f"raises an error: {first_line(error)}") from error
    if len(expected) == 1 and len(found) == 1:
        found = dict(zip(expected, found.values(), strict=True))  # a single output of a SavedModel has no name
    return _difference(served, file_format, batch, found, expected)


def _tried(served: Served, autoencoder: Any) -> Iterator[list[Example]]:
    """Yield random batches and the outputs of the model for them: a list for each shape."""
    rng = np.random.default_rng(0)
    draws = DRAWS if served.is_discontinuous else 1
    counts = BATCH_SIZES if served.shape[0] is None else (served.shape[0],)
    sizes = sizes_to_try(autoencoder, served.image_shape[:-1])
    for number, size in enumerate(sizes):
        for count in counts:
            try:
                batches = [served.examples(count, size, rng) for _ in range(draws)]
                expected = [served.here(batch) for batch in batches]
            except Exception:
                # Custom networks may not support every size that their input shape allows.
                if number == len(sizes) - 1 > 0:
                    break
                raise
            yield list(zip(batches, expected, strict=True))


def _difference(served: Served, file_format: FileFormat, batch: np.ndarray, found: Outputs, expected: Outputs) -> float:
    if set(found) != set(expected):
        raise _mismatch(served, file_format, batch, f"has the outputs {sorted(found)}, not {sorted(expected)}")
    largest = 0.0
    for name, values in expected.items():
        got = np.asarray(found[name])
        if got.shape != values.shape:
            raise _mismatch(served, file_format, batch, f"returns {name} of shape {got.shape}, not {values.shape}")
        derive = served.derived.get(name)
        if derive is not None:
            if not np.allclose(got, derive(found), rtol=0.0, atol=ROUNDING, equal_nan=True):
                raise _mismatch(served, file_format, batch, f"returns {name} that contradict its other outputs")
            continue
        difference, allowed = _distance(served, batch, got, values, served.ranges.get(name, 0.0))
        if not difference <= allowed:
            raise _mismatch(
                served,
                file_format,
                batch,
                f"returns {name} that differ by up to {difference:.3g}, but only {allowed:.1g} is allowed",
            )
        largest = max(largest, difference)
    return largest


def _distance(
    served: Served, batch: np.ndarray, got: np.ndarray, expected: np.ndarray, natural_range: float
) -> tuple[float, float]:
    """Return the largest difference between values and the expected ones, and the tolerance."""
    got, expected = got.astype("float64"), expected.astype("float64")
    same = (got == expected) | (np.isnan(got) & np.isnan(expected))
    difference = float(np.max(np.where(same, 0.0, np.abs(got - expected)), initial=0.0))
    taken = _range(batch) if "float" in str(batch.dtype) else 1.0
    wide = max(_range(expected), natural_range, served.smallest_range * taken)
    finite = np.abs(expected[np.isfinite(expected)])
    return difference, served.tolerance * wide + ULPS * served.epsilon * float(np.max(finite, initial=0.0))


def _range(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.ptp(finite)) if finite.size else 0.0


def _mismatch(served: Served, file_format: FileFormat, batch: np.ndarray, problem: str) -> ValueError:
    return ValueError(
        f"{capitalized(served.description)} was exported to {file_format.title}, but for a batch of shape "
        f"{batch.shape}, the file {problem}. The file was deleted. Choose another format; format='tf_saved_model' "
        "supports all models."
    )
