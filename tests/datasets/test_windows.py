"""Windows of time series, and the conversion back to time steps."""

import itertools
import tracemalloc

import keras
import numpy as np
import pytest

from keras_cae.datasets import SeriesWindows, windows
from keras_cae.datasets import series_windows as implementation
from keras_cae.models import BasicCAE

SERIES = np.random.default_rng(0).random((23, 2), dtype="float32")


def naive_windows(series, length, stride=1):
    return np.stack([series[start : start + length] for start in range(0, len(series) - length + 1, stride)])


def naive_scores(steps, starts, errors):
    """The definition of scores per step for errors `(n, length)`."""
    scores = np.full(steps, np.nan)
    for step in range(steps):
        covering = [
            error[step - start] for start, error in zip(starts, errors, strict=True) if 0 <= step - start < len(error)
        ]
        if covering:
            scores[step] = np.mean(covering)
    return scores


@pytest.fixture
def tiny_chunks(monkeypatch):
    monkeypatch.setattr(implementation, "CHUNK", 5)


# Windows


@pytest.mark.parametrize(("length", "stride"), [(5, 1), (5, 2), (4, 7), (23, 1), (1, 3)])
def test_windows_of_one_series(length, stride):
    made = windows(SERIES, length, stride)
    expected = naive_windows(SERIES, length, stride)
    assert isinstance(made, SeriesWindows)
    assert made.shape == expected.shape
    assert len(made) == (23 - length) // stride + 1
    assert (made.ndim, made.dtype) == (3, np.dtype("float32"))
    np.testing.assert_array_equal(np.asarray(made), expected)
    np.testing.assert_array_equal(made.starts, np.arange(0, 23 - length + 1, stride))


def test_none_crosses_from_one_series_into_the_next():
    parts = [SERIES[:9], SERIES[9:12], SERIES[12:]]
    made = windows(parts, 4, stride=2)
    expected = np.concatenate([naive_windows(part, 4, 2) for part in (parts[0], parts[2])])
    np.testing.assert_array_equal(made[:], expected)
    assert [starts.tolist() for starts in made.starts] == [[0, 2, 4], [], [0, 2, 4, 6]]
    assert repr(made) == "<SeriesWindows of 3 series, shape=(7, 4, 2), stride=2>"


def test_they_are_chosen_as_from_an_array():
    made, array = windows([SERIES[:9], SERIES[9:]], 4), np.asarray(windows([SERIES[:9], SERIES[9:]], 4))
    mask = np.arange(len(made)) % 3 == 0
    for index in (0, -1, 7, np.int64(3), slice(4, 9), slice(None, None, -2), slice(30, 40), [5, -2, 5], [], mask):
        np.testing.assert_array_equal(made[index], array[index])
    np.testing.assert_array_equal(list(made), array)
    for index, message in ((17, "from -17 to 16, got 17"), (-18, "got -18"), (1.5, "must be an integer")):
        with pytest.raises(IndexError, match=message):
            made[index]


@pytest.mark.parametrize("dtype", ["float64", "float16", "int16", "int64", "uint8", "bool"])
def test_windows_are_float32_of_the_same_values(dtype):
    series = (SERIES * 100).astype(dtype)
    made = np.asarray(windows(series, 5))
    assert made.dtype == "float32"
    np.testing.assert_array_equal(made, naive_windows(series, 5).astype("float32"))
    assert np.asarray(windows(series, 5), "float64").dtype == "float64"


def test_a_series_without_an_axis_of_channels_has_one():
    expected = naive_windows(SERIES[:, :1], 5)
    for series in (SERIES[:, 0], SERIES[:, 0].tolist()):
        np.testing.assert_array_equal(windows(series, 5), expected)
    np.testing.assert_array_equal(windows([SERIES[:, 0], SERIES[:7, :1]], 5), np.concatenate([expected, expected[:3]]))


def test_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(SERIES, columns=["a", "b"], index=pandas.date_range("2026-01-01", periods=23))
    np.testing.assert_array_equal(windows(frame, 5), naive_windows(SERIES, 5))
    np.testing.assert_array_equal(windows(frame["b"], 5), naive_windows(SERIES[:, 1:], 5))
    np.testing.assert_array_equal(windows([frame, frame], 5)[:19], naive_windows(SERIES, 5))
    whole = pandas.DataFrame({"a": pandas.array([1, 2, None, 4, 5, 6], dtype="Int64")})
    np.testing.assert_array_equal(windows(whole, 2, gaps="skip")[:][..., 0], [[1, 2], [4, 5], [5, 6]])
    with pytest.raises(TypeError, match=r"must contain numbers, got the columns index, which are .*select_dtypes"):
        windows(frame.reset_index(), 5)


def test_tensors():
    np.testing.assert_array_equal(windows(keras.ops.convert_to_tensor(SERIES), 5), naive_windows(SERIES, 5))


# Gaps


def with_gaps(*steps):
    series = SERIES.copy()
    series[list(steps), 1] = np.nan
    return series


def test_gaps_are_refused():
    with pytest.raises(ValueError, match=r"series must be finite, .* in 2 steps, first in step 7.*gaps='skip'"):
        windows(with_gaps(7, 9), 4)
    with pytest.raises(ValueError, match=r"series\[1\] must be finite, .* in 1 step, first in step 22"):
        windows([SERIES, with_gaps(22)], 4)
    for value in (np.inf, 1e300):
        with pytest.raises(ValueError, match="NaN or infinite"):
            windows([1.0, value, 2.0], 2)


@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("steps", [(0,), (22,), (7,), (3, 9, 10, 11), ()])
def test_windows_that_hold_a_gap_are_left_out(steps, stride, tiny_chunks):
    series = with_gaps(*steps)
    made = windows(series, 4, stride, gaps="skip")
    every = naive_windows(series, 4, stride)
    whole = np.isfinite(every).all(axis=(1, 2))
    np.testing.assert_array_equal(made, every[whole])
    np.testing.assert_array_equal(made.starts, np.arange(0, 20, stride)[whole])
    errors = np.random.default_rng(1).random((len(made), 4))
    np.testing.assert_allclose(made.scores_per_step(errors), naive_scores(23, made.starts, errors))


def test_no_window_is_left():
    with pytest.raises(ValueError, match=r"length must allow for at least one window, got 24, .* longest .* 23 steps"):
        windows([SERIES, SERIES[:3]], 24)
    with pytest.raises(ValueError, match=r"got 12, but every window contains a gap"):
        windows(with_gaps(11), 12, gaps="skip")


# Wrong arguments


@pytest.mark.parametrize(
    ("series", "error", "message"),
    [
        (
            SERIES[None],
            ValueError,
            r"shape \(steps,\) or \(steps, channels\).*got the shape \(1, 23, 2\).*list\(series\)",
        ),
        ([SERIES, SERIES[None]], ValueError, r"series\[1\] must be an array of shape"),
        (np.zeros((0, 2)), ValueError, r"at least one value, got the shape \(0, 2\)"),
        (3.0, ValueError, r"got the shape \(\)"),
        ([], ValueError, "at least one, got none"),
        ({"a": SERIES}, ValueError, r"a dictionary. Pass list\(series\.values\(\)\)"),
        ([SERIES, SERIES[:, :1]], ValueError, r"same number of channels, got \[1, 2\]"),
        (["a", "b"], TypeError, "series must contain numbers, got the type <U1"),
        (SERIES * 1j, TypeError, "must contain numbers, got the type complex"),
        (np.array([{}, {}]), TypeError, "got the type object"),
        (np.array(["2026-01-01"], "datetime64[D]"), TypeError, "got the type datetime64"),
    ],
)
def test_wrong_series(series, error, message):
    with pytest.raises(error, match=message):
        windows(series, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"length": 0}, "length must be a positive integer, got 0"),
        ({"length": 2.0}, "length must be a positive integer"),
        ({"stride": 0}, "stride must be a positive integer, got 0"),
        ({"gaps": "fill"}, "gaps must be one of 'error', 'skip', got 'fill'"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        windows(SERIES, **{"length": 5, **arguments})


# From windows to steps


@pytest.mark.parametrize(("length", "stride"), [(5, 1), (5, 3), (3, 5)])
def test_scores_are_means_over_the_windows_that_cover_a_step(length, stride, tiny_chunks):
    made = windows(SERIES, length, stride)
    errors = np.random.default_rng(1).random((len(made), length, 2))
    expected = naive_scores(23, made.starts, errors.mean(axis=-1))
    assert np.isnan(expected).any() == ((23 - length) % stride > 0 or stride > length)
    np.testing.assert_allclose(made.scores_per_step(errors), expected)
    np.testing.assert_allclose(made.scores_per_step(errors.mean(axis=-1)), expected)
    np.testing.assert_allclose(made.scores_per_step(np.array_split(errors, 3)), expected)
    np.testing.assert_allclose(made.scores_per_step(iter(np.array_split(errors, 2))), expected)
    of_windows = errors.mean(axis=(1, 2))
    expected = naive_scores(23, made.starts, np.repeat(of_windows[:, None], length, axis=1))
    for given in (of_windows, of_windows.tolist(), of_windows[:, None], keras.ops.convert_to_tensor(of_windows)):
        np.testing.assert_allclose(made.scores_per_step(given), expected, rtol=1e-6)


def test_scores_of_several_series():
    made = windows([SERIES[:9], SERIES[9:12], SERIES[12:]], 4)
    errors = np.random.default_rng(1).random((len(made), 4))
    scores = made.scores_per_step(errors)
    assert [len(one) for one in scores] == [9, 3, 11]
    np.testing.assert_allclose(scores[0], naive_scores(9, range(6), errors[:6]))
    assert np.isnan(scores[1]).all()
    np.testing.assert_allclose(scores[2], naive_scores(11, range(8), errors[6:]))
    assert isinstance(windows([SERIES], 4).scores_per_step(np.zeros(20)), list)


@pytest.mark.parametrize("stride", [1, 2])
def test_a_step_is_anomalous_if_all_windows_that_cover_it_are(stride, tiny_chunks):
    made = windows([SERIES, SERIES[:9]], 5, stride)
    flags = np.random.default_rng(3).random(len(made)) < 0.8
    found = made.anomalous_steps(flags)
    first = 0
    for steps, starts, marks in zip((23, 9), made.starts, found, strict=True):
        own = flags[first : first + len(starts)]
        first += len(starts)
        for step in range(steps):
            covering = [flag for start, flag in zip(starts, own, strict=True) if start <= step < start + 5]
            assert marks[step] == (len(covering) > 0 and all(covering))
    assert any(marks.any() for marks in found)
    assert not all(marks.all() for marks in found)


def test_an_anomaly_is_found_where_it_is_and_nowhere_else():
    """All windows that contain one of the steps 10 to 12 are anomalous, but only these steps are flagged."""
    made = windows(SERIES, 5)
    sees = np.array([start <= 12 and start + 5 > 10 for start in made.starts])
    assert np.flatnonzero(made.anomalous_steps(sees)).tolist() == [10, 11, 12]
    of_steps = np.array([[10 <= start + k <= 12 for k in range(5)] for start in made.starts])
    assert np.flatnonzero(made.anomalous_steps(of_steps)).tolist() == [10, 11, 12]


def test_to_series_gives_back_what_was_cut(tiny_chunks):
    made = windows([SERIES, SERIES[:3], SERIES[:9]], 4, stride=3)
    one, short, other = made.to_series(np.asarray(made))
    np.testing.assert_allclose(one[:22], SERIES[:22])
    assert np.isnan(one[22]).all()
    assert np.isnan(short).all()
    np.testing.assert_allclose(other[:7], SERIES[:7])
    for joined, expected in zip(made.to_series(made.batches(2).as_numpy_iterator()), (one, short, other), strict=True):
        np.testing.assert_array_equal(joined, expected)


def test_values_of_other_shapes_are_refused():
    made = windows(SERIES, 5)
    for errors, message in (
        (np.zeros(18), r"per window, in the same order, 19 in total, got 18"),
        (np.zeros(20), "got more"),
        ([np.zeros(10), np.zeros(10)], "got more"),
        (np.zeros((19, 4)), r"\(n, 5\) or \(n, 5, channels\), got the shape \(19, 4\)"),
        (np.zeros((19, 5, 2, 1)), "got the shape"),
    ):
        with pytest.raises(ValueError, match=message):
            made.scores_per_step(errors)
    for flags in (np.zeros(19), np.zeros((19, 5, 2), bool)):
        with pytest.raises(ValueError, match=r"is_anomaly must be booleans .* errors > threshold, got"):
            made.anomalous_steps(flags)
    for values in (np.zeros((19, 5)), np.zeros((19, 4, 2))):
        with pytest.raises(ValueError, match=r"values must be windows of shape \(n, 5, channels\)"):
            made.to_series(values)


# Streams


def test_batches():
    made = windows([SERIES, SERIES[:9]], 4)
    dataset = made.batches(6)
    assert dataset.element_spec.shape.as_list() == [None, 4, 2]
    assert int(dataset.cardinality()) == 5
    assert [len(batch) for batch in dataset] == [6, 6, 6, 6, 2]
    np.testing.assert_array_equal(np.concatenate(list(dataset.as_numpy_iterator())), made)
    with pytest.raises(ValueError, match="batch_size must be a positive integer, got 0"):
        made.batches(0)
    with pytest.raises(ValueError, match="shuffle must be True or False, got 3"):
        made.batches(3, shuffle=3)


def test_each_pass_has_another_order_and_the_same_seed_the_same_ones():
    made = windows(np.arange(40.0), 4)

    def passes(seed):
        dataset = made.batches(8, shuffle=True, seed=seed)
        return [np.concatenate(list(dataset.as_numpy_iterator()))[:, 0, 0].tolist() for _ in range(3)]

    first = passes(1)
    assert first == passes(1) != passes(2)
    assert all(sorted(one) == list(range(37)) for one in first)
    assert all(one != other for one, other in itertools.combinations(first, 2))


def test_a_series_that_is_mapped_from_a_file_stays_there(tmp_path):
    np.save(tmp_path / "long.npy", np.arange(600_000, dtype="float32"))
    series = np.load(tmp_path / "long.npy", mmap_mode="r")
    tracemalloc.start()
    made = windows(series, 1000, stride=500)
    firsts = [batch[0, 0, 0] for batch in made.batches(50, shuffle=True)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(firsts) == 24
    assert max(firsts) > 300_000
    assert peak < series.nbytes


def test_an_array_of_all_windows_that_memory_can_not_hold_is_refused(monkeypatch):
    monkeypatch.setattr("keras_cae.datasets.memory.available_memory", lambda: 1e3)
    with pytest.raises(ValueError, match=r"19 windows of 5×2 would take .* GB .* batches\(\) instead"):
        np.asarray(windows(SERIES, 5))
    with pytest.raises(ValueError, match="always a copy"):
        np.array(windows(SERIES, 5), copy=False)


# With Keras


def test_fit_and_predict_of_any_keras_model():
    made = windows(SERIES, 8)

    def trained(x, *y, **options):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.layers.Conv1D(2, 3, padding="same")])
        model.compile("sgd", "mse")
        model.fit(x, *y, verbose=0, shuffle=False, **options)
        return model

    model, same = trained(made, made, batch_size=4), trained(np.asarray(made), np.asarray(made), batch_size=4)
    streamed = trained(made.batches(4).map(lambda batch: (batch, batch)))
    for weights in zip(model.get_weights(), same.get_weights(), streamed.get_weights(), strict=True):
        np.testing.assert_array_equal(weights[0], weights[1])
        np.testing.assert_allclose(weights[0], weights[2], rtol=1e-6)
    expected = model.predict(np.asarray(made), verbose=0)
    np.testing.assert_allclose(model.predict(made, verbose=0), expected, rtol=1e-6)
    np.testing.assert_allclose(model.predict(made.batches(5), verbose=0), expected, rtol=1e-6)


@pytest.mark.slow
def test_autoencoders_take_them():
    made = windows(SERIES, 8)

    def trained(x, validation, **options):
        keras.utils.set_random_seed(1)
        model = BasicCAE(3, filters=(2, 2), rank=1)
        model.compile("adam", "mse")
        history = model.fit(x, validation_data=validation, verbose=0, shuffle=False, epochs=2, **options)
        return model, history.history

    array = np.asarray(made)
    model, expected = trained(array, array[:5], batch_size=4)
    for x, validation, options in (
        (made, made[:5], {"batch_size": 4}),
        (made.batches(4), windows(SERIES[:12], 8).batches(3), {}),
    ):
        same, history = trained(x, validation, **options)
        for name, values in expected.items():
            np.testing.assert_allclose(history[name], values, rtol=1e-5)
        for one, other in zip(model.get_weights(), same.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)
    for given in (made, made.batches(5)):
        np.testing.assert_allclose(model.predict(given, verbose=0), model.predict(array, verbose=0), rtol=1e-5)
        np.testing.assert_allclose(model.encode(given), model.encode(array), rtol=1e-5)
    weighted = model.evaluate(made, sample_weight=np.ones(len(made)), verbose=0)
    assert weighted == pytest.approx(model.evaluate(array, verbose=0), rel=1e-5)
    scores = made.scores_per_step(np.square(made - model.predict(made, verbose=0)))
    assert scores.shape == (23,)
    assert np.isfinite(scores).all()
