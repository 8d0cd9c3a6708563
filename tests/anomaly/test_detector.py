"""The detector: calibration, thresholds, probabilities, supported inputs and errors."""

import os
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tiny_detectors import blurring, random_images

import keras_cae
from keras_cae.anomaly import AnomalyDetector

NORMAL, OTHERS = random_images(200), random_images(30, seed=1)


def detector(score="mse", **arguments):
    return AnomalyDetector(blurring(NORMAL.shape[1:]), score, **arguments)


@pytest.fixture(scope="module")
def calibrated():
    return detector().calibrate(NORMAL, false_positive_rate=0.05)


def scores_of(images):
    return np.mean((images - images.mean(axis=(1, 2), keepdims=True)) ** 2, axis=(1, 2, 3))


# Thresholds


@pytest.mark.parametrize(("rate", "above"), [(0.05, 10), (0.013, 2), (0.001, 0), (0.5, 100)])
def test_no_more_normal_images_are_above_the_threshold_than_asked_for(rate, above):
    found = detector().calibrate(NORMAL, rate).predict(NORMAL)
    assert found["is_anomaly"].sum() == above
    assert np.any(found["mask"], axis=(1, 2)).sum() == above


def test_the_quantile_is_that_of_numpy(calibrated):
    assert calibrated.threshold == pytest.approx(np.quantile(scores_of(NORMAL), 0.95), rel=1e-5)


def test_sigma():
    found = detector().calibrate(NORMAL, method="sigma", sigmas=2.0)
    scores = scores_of(NORMAL)
    assert found.threshold == pytest.approx(scores.mean() + 2 * scores.std(), rel=1e-5)
    largest = found.predict(NORMAL)["anomaly_map"].max(axis=(1, 2))
    assert found.map_threshold == pytest.approx(largest.mean() + 2 * largest.std(), rel=1e-5)


@pytest.mark.parametrize("method", ["f1", "youden"])
def test_thresholds_by_labels_are_the_best(method):
    images = np.concatenate([NORMAL, np.clip(1.5 * OTHERS, 0, 2)])
    labels = np.arange(len(images)) >= len(NORMAL)
    found = detector().calibrate(images, method=method, labels=labels)

    def quality(threshold):
        called = scores_of(images) > threshold
        right, wrong = np.sum(called & labels), np.sum(called & ~labels)
        if method == "f1":
            return 2 * right / (called.sum() + labels.sum())
        return right / labels.sum() - wrong / (~labels).sum()

    assert quality(found.threshold) == pytest.approx(max(map(quality, [-1, *scores_of(images)])))
    # The calibration depends only on the normal images.
    assert found.predict(NORMAL)["probability"].max() < 1
    assert found.calibration.count == len(NORMAL)
    assert found.map_threshold == pytest.approx(detector().calibrate(NORMAL).map_threshold)


def test_scores_learn_from_normal_images_alone():
    images = np.concatenate([NORMAL, 2 * OTHERS])
    labels = np.arange(len(images)) >= len(NORMAL)
    mixed, alone = (
        detector("relative").calibrate(NORMAL if each is None else images, labels=each) for each in (labels, None)
    )
    np.testing.assert_allclose(mixed.predict(OTHERS)["score"], alone.predict(OTHERS)["score"], rtol=1e-3, atol=1e-3)
    assert mixed.threshold == pytest.approx(alone.threshold, rel=1e-3)


def test_without_anomalous_labels_there_is_a_threshold_and_a_warning():
    with pytest.warns(UserWarning, match="method='f1' needs anomalous images"):
        found = detector().calibrate(NORMAL, method="f1", labels=np.zeros(len(NORMAL), int))
    assert found.threshold == pytest.approx(detector().calibrate(NORMAL).threshold)


def test_thresholds_can_be_moved(calibrated):
    kept = calibrated.threshold, calibrated.map_threshold
    calibrated.threshold, calibrated.map_threshold = 0.01, 0.02
    found = calibrated.predict(OTHERS)
    np.testing.assert_array_equal(found["is_anomaly"], found["score"] > np.float32(0.01))
    np.testing.assert_array_equal(found["mask"], found["anomaly_map"] > np.float32(0.02))
    calibrated.threshold, calibrated.map_threshold = kept
    with pytest.raises(ValueError, match="threshold must be a finite number, got 'high'"):
        calibrated.threshold = "high"


def test_probability_is_the_share_of_normal_images_with_a_smaller_score(calibrated):
    found = calibrated.predict(np.concatenate([OTHERS, 3 * OTHERS[:3]]))
    expected = [np.mean(scores_of(NORMAL) < score) for score in found["score"]]
    np.testing.assert_allclose(found["probability"], expected, atol=0.006)
    assert (found["probability"][-3:] == 1).any()


def test_of_very_many_normal_images_quantiles_are_kept(monkeypatch):
    monkeypatch.setattr("keras_cae.anomaly.calibration.KEPT_SCORES", 21)
    found = detector().calibrate(NORMAL)
    probabilities = found.predict(OTHERS)["probability"]
    exact = detector().calibrate(NORMAL).predict(OTHERS)["probability"]
    np.testing.assert_allclose(probabilities, exact, atol=0.06)
    assert found.calibration.normal_scores.shape == (21,)


# Supported inputs


def test_containers(calibrated):
    expected = calibrated.predict(OTHERS)
    dataset = tf.data.Dataset.from_tensor_slices(OTHERS)
    for images in (
        tf.constant(OTHERS),
        dataset.batch(7),
        dataset.map(lambda image: (image, 0)).batch(7),
        list(OTHERS),
        (OTHERS[start : start + 8] for start in range(0, len(OTHERS), 8)),
    ):
        found = calibrated.predict(images)
        assert set(found) == {"score", "probability", "is_anomaly", "anomaly_map", "mask"}
        for name, values in found.items():
            np.testing.assert_allclose(values, expected[name], atol=1e-6)
    again = detector().calibrate(tf.data.Dataset.from_tensor_slices(NORMAL).batch(13), 0.05)
    assert again.threshold == pytest.approx(calibrated.threshold, rel=1e-5)


def test_one_image(calibrated):
    found = calibrated.predict(OTHERS[0])
    assert found["score"].shape == (1,)
    assert found["anomaly_map"].shape == (1, 9, 12)


def test_maps_can_be_left_out(calibrated):
    found = calibrated.predict(OTHERS, maps=False)
    assert set(found) == {"score", "probability", "is_anomaly"}
    np.testing.assert_array_equal(found["score"], calibrated.predict(OTHERS)["score"])


def test_a_call_gives_thresholds_too(calibrated):
    found = calibrated(OTHERS)
    assert float(found["threshold"]) == pytest.approx(calibrated.threshold)
    assert float(found["map_threshold"]) == pytest.approx(calibrated.map_threshold)
    np.testing.assert_allclose(found["score"], calibrated.predict(OTHERS)["score"], rtol=1e-5)


def test_what_is_not_a_number_is_never_normal(calibrated):
    broken = OTHERS.copy()
    broken[0, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="images has values that are not a number"):
        calibrated(broken)
    # Graphs, such as those of exported files, can't raise errors.
    found = tf.function(calibrated)(tf.constant(broken))
    assert found["is_anomaly"].numpy()[0]
    assert found["mask"].numpy()[0].all()


def test_a_function_is_called_once_for_maps_and_scores():
    calls = []

    def error(images, reconstructions):
        calls.append(1)
        return keras.ops.abs(images - reconstructions)

    made = detector(keras_cae.anomaly.FunctionScore(error)).calibrate(NORMAL)
    calls.clear()
    made(OTHERS)
    assert len(calls) == 1


def test_bytes_count_as_what_they_stand_for():
    levels = np.round(255 * NORMAL).astype("uint8")
    from_bytes, from_floats = detector().calibrate(levels), detector().calibrate((levels / 255).astype("float32"))
    assert from_bytes.threshold == pytest.approx(from_floats.threshold, rel=1e-4)
    other = np.round(255 * OTHERS).astype("uint8")
    np.testing.assert_allclose(
        from_bytes.predict(other)["score"], from_floats.predict(other)["score"], rtol=1e-4, atol=1e-7
    )


def test_a_generator_can_be_read_once():
    def batches():
        return (NORMAL[start : start + 50] for start in range(0, 200, 50))

    assert detector().calibrate(batches()).threshold == pytest.approx(detector().calibrate(NORMAL).threshold, rel=1e-5)
    with pytest.raises(ValueError, match="a generator can be read only once"):
        detector("relative").calibrate(batches())


def test_folders(tmp_path):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (12, 9, 12, 3), dtype="uint8")
    for number, image in enumerate(images):
        (tmp_path / f"{number % 3}").mkdir(exist_ok=True)
        Image.fromarray(image).save(tmp_path / f"{number % 3}" / f"{number:02}.png")
    ordered = np.concatenate([images[part::3] for part in range(3)])
    found = AnomalyDetector(blurring((9, 12, 3)), "mse").calibrate(tmp_path, batch_size=5)
    expected = AnomalyDetector(blurring((9, 12, 3)), "mse").calibrate(ordered)
    assert found.threshold == pytest.approx(expected.threshold, rel=1e-6)
    np.testing.assert_allclose(found.predict(str(tmp_path))["score"], expected.predict(ordered)["score"], rtol=1e-5)
    # Files of another size are resized for the autoencoder, in the way that the detector stores.
    small = AnomalyDetector(blurring((4, 4, 1)), "mse", resize="crop").calibrate(tmp_path)
    assert small.predict(tmp_path)["anomaly_map"].shape == (12, 4, 4)
    (tmp_path / "broken.png").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"broken.png' can't be read"):
        found.predict(tmp_path)
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        found.predict(tmp_path / "missing")


def test_folders_for_an_autoencoder_of_any_size(tmp_path):
    for number, size in enumerate([(20, 30), (14, 12)]):
        Image.fromarray(np.full(size, 60 + number, "uint8")).save(tmp_path / f"{number}.png")
    model = keras_cae.models.BasicCAE(None, filters=(2, 3))
    model.build((None, None, None, 1))
    with pytest.raises(ValueError, match=r"accepts images of any size. Create the detector with image_size"):
        AnomalyDetector(model, "mse").calibrate(tmp_path)
    sized = AnomalyDetector(model, "mse", image_size=(8, 6)).calibrate(tmp_path)
    assert sized.predict(tmp_path)["anomaly_map"].shape == (2, 8, 6)


# Errors


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_in_a_folder_is_named(tmp_path):
    grey = blurring((9, 12, 1))
    found = AnomalyDetector(grey, "mse").calibrate(NORMAL[..., :1])
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ValueError, match=r"pipe.png' can't be read: not a regular file"):
        found.predict(tmp_path)


def test_an_uncalibrated_detector_says_what_to_call():
    fresh = detector()
    for use in (
        lambda: fresh.predict(OTHERS),
        lambda: fresh(OTHERS),
        lambda: fresh.evaluate(OTHERS, np.zeros(30)),
        lambda: fresh.threshold,
        lambda: setattr(fresh, "threshold", 0.5),
        lambda: fresh.export("nowhere"),
    ):
        with pytest.raises(
            ValueError, match=r"not calibrated: before scoring images, call detector.calibrate\(normal_images\)"
        ):
            use()


def test_a_score_belongs_to_one_detector():
    score = keras_cae.anomaly.RelativeScore()
    first = detector(score).calibrate(NORMAL)
    before = first.predict(OTHERS)["score"]
    with pytest.raises(ValueError, match="RelativeScore already belongs to another detector"):
        detector(score).calibrate(OTHERS)
    np.testing.assert_array_equal(first.calibrate(NORMAL).predict(OTHERS)["score"], before)


def test_an_untrained_autoencoder_is_named():
    with pytest.raises(ValueError, match="BasicCAE, must be trained before"):
        AnomalyDetector(keras_cae.models.BasicCAE(3)).calibrate(NORMAL)


def test_only_autoencoders_of_the_library():
    with pytest.raises(TypeError, match=r"autoencoder must be a model of keras_cae.models.*CAE\(encoder, decoder\)"):
        AnomalyDetector(keras.Sequential([keras.layers.Dense(2)]))


@pytest.mark.filterwarnings("ignore:CAE may copy")
def test_reconstructions_must_be_like_the_images():
    encoder, decoder = keras.Sequential([keras.layers.Identity()]), keras.Sequential([keras.layers.Conv2D(1, 1)])
    model = keras_cae.models.CAE(encoder, decoder)
    model.build(NORMAL.shape)
    with pytest.raises(ValueError, match="whose reconstructions have the shape of the images"):
        AnomalyDetector(model, "mse").calibrate(NORMAL)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.full((3, 9, 12, 2), np.nan, "float32"), "not a number"),
        (np.zeros((3, 9, 11, 2), "float32"), r"images of shape \(9, 12, 2\)"),
        (np.full((3, 9, 12, 2), 200, "int32"), "8-bit images"),
    ],
)
def test_images_that_the_autoencoder_would_refuse(calibrated, images, message):
    threshold = calibrated.threshold
    for use in (calibrated.predict, calibrated.calibrate):
        with pytest.raises(ValueError, match=message):
            use(images)
    assert calibrated.threshold == threshold


def test_a_calibration_that_fails_leaves_the_last_one():
    found = detector("relative").calibrate(NORMAL)
    before = found.predict(OTHERS)["score"]
    calls = []

    def broken():
        calls.append(1)
        yield 2 * OTHERS
        if len(calls) > 1:
            yield np.full_like(OTHERS, np.nan)

    data = tf.data.Dataset.from_generator(broken, output_signature=tf.TensorSpec((None, 9, 12, 2)))
    with pytest.raises(ValueError, match="not a number"):
        found.calibrate(data)
    np.testing.assert_array_equal(found.predict(OTHERS)["score"], before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"false_positive_rate": 1}, "false_positive_rate must be a number between 0 and 1"),
        ({"method": "median"}, "method must be one of 'quantile', 'sigma', 'f1', 'youden'"),
        ({"method": "f1"}, "method='f1' needs labels"),
        ({"labels": np.ones(200)}, "labels must be 0 for some of the images"),
        ({"labels": np.zeros(199)}, "labels must have one entry for each image, got 199 for 200"),
        ({"labels": np.full(200, 2)}, "labels must be 0 or False .* pass labels != normal_class"),
        ({"sigmas": 0}, "sigmas must be a finite number above zero"),
        ({"batch_size": 0}, "batch_size must be a positive integer"),
    ],
)
def test_wrong_arguments_of_calibrate(arguments, message):
    with pytest.raises(ValueError, match=message):
        detector().calibrate(NORMAL, **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pooling": "median"}, "pooling must be one of 'mean', 'max', 'top'"),
        ({"top": 0}, "top must be a number above 0 and up to 1"),
        ({"smoothing": -1}, "smoothing must be a finite number, zero or above"),
        ({"resize": "zoom"}, "resize must be one of"),
        ({"image_size": (3, 4, 5)}, r"image_size must be one number or \(height, width\)"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        detector(**arguments)


def test_a_model_that_copies_is_named_once():
    def model(**arguments):
        made = keras_cae.models.SkipConnectionCAE(2, filters=(2, 3, 4), **arguments)
        made.build(NORMAL.shape)
        return made

    copying = AnomalyDetector(model(), "mse")
    with pytest.warns(UserWarning, match=r"sees features of the encoder .*RandomOcclusion"):
        copying.calibrate(NORMAL)
    wide = keras_cae.models.BasicCAE(300, filters=(2, 3))
    wide.build(NORMAL.shape)
    with pytest.warns(UserWarning, match="its codes have 300 values for the 216 values"):
        AnomalyDetector(wide, "mse").calibrate(NORMAL)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        copying.calibrate(NORMAL)
        AnomalyDetector(model(corruption=keras_cae.layers.StainNoise()), "mse").calibrate(NORMAL)


def test_it_finds_what_was_not_trained_on():
    """After a short training on zeros, other digits have larger scores."""
    from sklearn.datasets import load_digits

    images, labels = load_digits().images[..., None] / 16, load_digits().target
    model = keras_cae.models.BasicCAE(8, filters=(8, 16))
    model.compile(keras.optimizers.Adam(0.005), "mse")
    model.fit(images[labels == 0][:120], epochs=15, batch_size=16, verbose=0)
    found = AnomalyDetector(model).calibrate(images[labels == 0][:120])
    results = found.evaluate(images[600:], labels[600:] != 0)
    assert results["image_auroc"] > 0.97
    assert results["accuracy"] > 0.9
