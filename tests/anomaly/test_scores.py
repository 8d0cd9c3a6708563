"""The values of each score, compared with NumPy, scikit-learn and scikit-image."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage.metrics import structural_similarity
from sklearn.covariance import OAS
from tiny_detectors import blurred, blurring, random_images

import keras_cae
from keras_cae.anomaly import AnomalyDetector, Combined, FunctionScore, RelativeScore, StandardizedScore

NORMAL, OTHERS = random_images(60), random_images(20, seed=1) ** 2
NAMES = ("mse", "mae", "ssim", "relative", "standardized", "latent", "mse+ssim")


def scored(score, **arguments):
    """Scores and maps of `OTHERS` by a detector that is calibrated on `NORMAL`."""
    found = AnomalyDetector(blurring(NORMAL.shape[1:]), score, **arguments).calibrate(NORMAL).predict(OTHERS)
    return found["score"], found["anomaly_map"]


def errors(images):
    return np.mean((images - blurred(images)) ** 2, axis=-1)


@pytest.mark.parametrize(("name", "power"), [("mse", 2), ("mae", 1)])
def test_plain_errors(name, power):
    expected = np.mean(np.abs(OTHERS - blurred(OTHERS)) ** power, axis=-1)
    scores, maps = scored(name)
    np.testing.assert_allclose(maps, expected, atol=1e-6)
    np.testing.assert_allclose(scores, expected.mean(axis=(1, 2)), rtol=1e-5)


def test_ssim():
    shape = (17, 20, 2)
    normal, image = random_images(4, shape), random_images(1, shape, seed=3)
    found = AnomalyDetector(blurring(shape), "ssim").calibrate(normal).predict(image)
    reconstruction = keras.ops.convert_to_numpy(blurring(shape)(image))[0]
    _, expected = structural_similarity(
        image[0],
        reconstruction,
        channel_axis=-1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1.0,
        full=True,
    )
    # At the edges scikit-image repeats the outermost pixel, too.
    inside = (slice(5, -5), slice(5, -5))
    np.testing.assert_allclose(found["anomaly_map"][0][inside], 1 - expected.mean(axis=-1)[inside], atol=1e-4)
    assert found["score"][0] == pytest.approx(found["anomaly_map"][0].mean(), rel=1e-5)


@pytest.mark.parametrize("shape", [(8, 5, 1), (3, 30, 1), (11, 12, 3)])
def test_maps_of_ssim_have_the_size_of_the_images(shape):
    detector = AnomalyDetector(blurring(shape), "ssim").calibrate(random_images(8, shape))
    assert detector.predict(random_images(2, shape))["anomaly_map"].shape == (2, *shape[:2])


def test_ssim_of_other_ranges_is_that_of_images_from_0_to_1():
    found = []
    for activation, normal, others in (("sigmoid", NORMAL, OTHERS), ("tanh", 2 * NORMAL - 1, 2 * OTHERS - 1)):
        model = keras_cae.models.BasicCAE(2, filters=(2, 3), output_activation=activation)
        model.build(NORMAL.shape)
        model.set_weights([0 * weight for weight in model.get_weights()])  # The mean image has the centre of the range.
        found.append(AnomalyDetector(model, "ssim").calibrate(normal).predict(others)["score"])
    np.testing.assert_allclose(*found, atol=1e-4)


def test_standardized():
    normal, others = (np.mean(np.abs(images - blurred(images)), axis=-1) for images in (NORMAL, OTHERS))
    deviation = normal.std(axis=0)
    expected = (others - normal.mean(axis=0)) / (deviation + 0.2 * deviation.mean() + keras.config.epsilon())
    _, maps = scored(StandardizedScore(floor=0.2))
    np.testing.assert_allclose(maps, expected, atol=2e-4)


def test_latent():
    normal, others = (images.mean(axis=(1, 2), dtype="float64") for images in (NORMAL, OTHERS))
    expected = np.sqrt(OAS().fit(normal).mahalanobis(others))
    scores, maps = scored("latent")
    np.testing.assert_allclose(scores, expected, rtol=1e-3)
    np.testing.assert_allclose(maps, errors(OTHERS), atol=1e-6)


def complexities(images):
    """Mean squared gradient, mean squared curvature and variance of each image."""
    images = images.astype("float64")
    gradient = sum(np.mean(np.diff(images, axis=axis) ** 2, axis=(1, 2, 3)) for axis in (1, 2))
    curvature = sum(np.mean(np.diff(images, n=2, axis=axis) ** 2, axis=(1, 2, 3)) for axis in (1, 2))
    return np.log(gradient), np.log(curvature), np.log(images.var(axis=(1, 2)).mean(axis=-1))


@pytest.mark.parametrize("exponent", [1.0, 0.3, "fitted"])
def test_relative(exponent):
    normal, others = (np.log(errors(images).mean(axis=(1, 2), dtype="float64")) for images in (NORMAL, OTHERS))
    floors = [part.min() for part in complexities(NORMAL)]
    gradients = np.maximum(complexities(OTHERS)[0], floors[0])
    power = np.polyfit(complexities(NORMAL)[0], normal, 1)[0] if exponent == "fitted" else exponent
    scores, maps = scored(RelativeScore(exponent=exponent, typicality=False))
    np.testing.assert_allclose(scores, others - power * gradients, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(maps, errors(OTHERS), atol=1e-6)


def test_relative_with_typicality():
    floors = [part.min() for part in complexities(NORMAL)]

    def numbers(images):
        parts = [np.maximum(part, floor) for part, floor in zip(complexities(images), floors, strict=True)]
        return np.stack([np.log(errors(images).mean(axis=(1, 2), dtype="float64")) - parts[0], *parts], axis=1)

    normal, others = numbers(NORMAL), numbers(OTHERS)
    relative = (others[:, 0] - normal[:, 0].mean()) / normal[:, 0].std()
    expected = relative + np.sqrt(OAS().fit(normal).mahalanobis(others))
    np.testing.assert_allclose(scored("relative")[0], expected, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_elbo(likelihood):
    model = keras_cae.models.VariationalCAE(2, filters=(2, 3))
    model.compile("adam", "binary_crossentropy" if likelihood == "bernoulli" else "mse")
    model.build(NORMAL.shape)
    detector = AnomalyDetector(model, "elbo").calibrate(NORMAL)
    assert detector.score.likelihood == likelihood
    images = OTHERS.astype("float64")
    seen = model.predict(OTHERS, verbose=0).astype("float64")
    if likelihood == "bernoulli":
        per_value = -images * np.log(seen) - (1 - images) * np.log(1 - seen)
    else:
        per_value = (images - seen) ** 2 + np.log(np.pi) / 2
    mean, log_variance = model.posterior(OTHERS)
    divergence = np.sum(mean**2 + np.exp(log_variance) - 1 - log_variance, axis=-1) / 2
    found = detector.predict(OTHERS)
    np.testing.assert_allclose(found["anomaly_map"], per_value.sum(axis=-1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["score"], per_value.sum(axis=(1, 2, 3)) + divergence, rtol=1e-4)


def test_combined():
    parts = [AnomalyDetector(blurring(NORMAL.shape[1:]), name).calibrate(NORMAL) for name in ("mae", "latent")]
    scores, maps = scored(Combined(["mae", "latent"]))
    for found, key in ((scores, "score"), (maps, "anomaly_map")):
        normal, others = ([part.predict(images)[key] for part in parts] for images in (NORMAL, OTHERS))
        expected = np.mean([(b - a.mean()) / a.std() for a, b in zip(normal, others, strict=True)], axis=0)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def largest(images, reconstructions):
    return keras.ops.max(keras.ops.abs(images - reconstructions), axis=(1, 2, 3))


def differences(images, reconstructions):
    return images - reconstructions


def test_functions_give_maps_or_numbers():
    scores, maps = scored(largest)
    np.testing.assert_allclose(scores, np.abs(OTHERS - blurred(OTHERS)).max(axis=(1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(maps, errors(OTHERS), atol=1e-6)
    scores, maps = scored(differences, pooling="max")
    np.testing.assert_allclose(maps, (OTHERS - blurred(OTHERS)).mean(axis=-1), atol=1e-6)
    np.testing.assert_allclose(scores, maps.max(axis=(1, 2)), rtol=1e-6)
    with pytest.raises(ValueError, match=r"must return maps, \(n, \*spatial\) .* got the shape"):
        scored(lambda images, _: images[:, :, 0, 0])


def test_poolings():
    maps = errors(OTHERS)
    ordered = np.sort(maps.reshape(len(maps), -1), axis=1)
    np.testing.assert_allclose(scored("mse", pooling="max")[0], ordered[:, -1], rtol=1e-5)
    top = scored("mse", pooling="top", top=0.1)[0]  # of 108 pixels 11
    np.testing.assert_allclose(top, ordered[:, -11:].mean(axis=1), rtol=1e-5)


def test_smoothing_keeps_what_is_constant_and_spreads_a_point():
    from scipy.ndimage import gaussian_filter

    scores, maps = scored("mse", smoothing=1.5, pooling="max")
    raw = errors(OTHERS)
    weights = gaussian_filter(np.ones(raw.shape[1:]), 1.5, mode="constant", truncate=10 / 3)
    expected = [gaussian_filter(each, 1.5, mode="constant", truncate=10 / 3) / weights for each in raw]
    np.testing.assert_allclose(maps, expected, atol=1e-6)
    np.testing.assert_allclose(scores, maps.max(axis=(1, 2)), rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_blank_and_constant_images_have_finite_scores(name):
    detector = AnomalyDetector(blurring(NORMAL.shape[1:]), name).calibrate(NORMAL)
    found = detector.predict(np.stack([np.full(NORMAL.shape[1:], value, "float32") for value in (0.0, 0.5, 1.0)]))
    assert np.isfinite(found["score"]).all()
    assert np.isfinite(found["anomaly_map"]).all()


@pytest.mark.parametrize("name", NAMES)
def test_normal_images_that_are_all_the_same_give_finite_scores(name):
    same = np.full((20, *NORMAL.shape[1:]), 0.3, "float32")
    detector = AnomalyDetector(blurring(NORMAL.shape[1:]), name).calibrate(same)
    found = detector.predict(np.concatenate([same[:2], OTHERS]))
    assert np.isfinite(found["score"]).all()
    assert found["score"][2:].min() >= found["score"][:2].max()


@pytest.mark.parametrize("name", NAMES)
def test_a_score_does_not_depend_on_the_batch(name):
    detector = AnomalyDetector(blurring(NORMAL.shape[1:]), name).calibrate(NORMAL)
    together, backwards = detector.predict(OTHERS), detector.predict(OTHERS[::-1], batch_size=7)
    alone = np.concatenate([detector.predict(image)["score"] for image in OTHERS[:3]])
    np.testing.assert_allclose(together["score"], backwards["score"][::-1], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(together["score"][:3], alone, rtol=1e-5, atol=1e-5)


def test_what_scores_need():
    model = keras_cae.models.BasicCAE(2, filters=(2, 3))
    model.build((None, 8, 8, 1))
    with pytest.raises(ValueError, match=r"'elbo' needs a distribution of codes .* VariationalCAE"):
        AnomalyDetector(model, "elbo")
    numbers = keras_cae.models.VectorQuantizedCAE(codebook_size=4, code_dim=2, filters=(2, 3))
    numbers.build((None, 8, 8, 1))
    with pytest.raises(ValueError, match=r"'latent' needs codes .* codebook indices"):
        AnomalyDetector(numbers, "mse+latent")
    free = keras_cae.models.BasicCAE(filters=(2, 3))
    free.build((None, None, None, 1))
    with pytest.raises(ValueError, match="score='relative'"):
        AnomalyDetector(free, "latent")


def test_places_are_compared_in_images_of_one_size(tmp_path):
    model = keras_cae.models.BasicCAE(filters=(2, 3))
    model.build((None, None, None, 2))
    detector = AnomalyDetector(model, "mae+standardized").calibrate(NORMAL)
    scores = detector.predict(OTHERS)["score"]
    with pytest.raises(ValueError, match=r"built for images of shape \(9, 12, 2\)"):
        detector.predict(OTHERS[:, :8])
    detector.save(tmp_path / "detector.keras")
    loaded = keras.saving.load_model(tmp_path / "detector.keras")
    np.testing.assert_allclose(loaded.predict(OTHERS)["score"], scores, rtol=1e-6)
    unknown = tf.data.Dataset.from_generator(lambda: [NORMAL], output_signature=tf.TensorSpec((None, None, None, 2)))
    with pytest.raises(ValueError, match="a dataset of known shape"):
        AnomalyDetector(model, "standardized").calibrate(unknown)
    # Other scores support any size.
    free = AnomalyDetector(model, "relative").calibrate(NORMAL)
    assert free.predict(OTHERS[:, :8])["anomaly_map"].shape == (20, 8, 12)


@pytest.mark.parametrize("wrong", ["rmse", "mse+", 3, None, keras.layers.Dense(2), RelativeScore])
def test_other_identifiers_are_refused(wrong):
    with pytest.raises(ValueError, match=r"score must be one of 'mse', .*'elbo'"):
        keras_cae.anomaly.get(wrong)


def test_identifiers_may_be_scores_configurations_and_functions():
    score = RelativeScore(exponent="fitted")
    assert keras_cae.anomaly.get(score) is score
    again = keras_cae.anomaly.get(keras.saving.serialize_keras_object(score))
    assert again.get_config() == score.get_config()
    assert isinstance(keras_cae.anomaly.get(largest), FunctionScore)
    with pytest.raises(ValueError, match="at least two scores"):
        Combined(["mse"])
    with pytest.raises(ValueError, match="exponent must be a finite number"):
        RelativeScore(exponent="free")
