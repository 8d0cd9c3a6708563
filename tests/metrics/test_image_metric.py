"""Common properties of all metrics of image quality, compared with scikit-image."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import check_table, public_subclasses, slow_but
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import keras_cae
from keras_cae.compatibility import declared_direction
from keras_cae.metrics import ImageMetric


@keras.saving.register_keras_serializable(package="tests")
class LargestError(ImageMetric):
    """A third-party metric."""

    direction = "min"

    def per_image(self, y_true, y_pred):
        return keras.ops.max(keras.ops.abs(y_true - y_pred), axis=(1, 2, 3))


def psnr(y_true, y_pred, max_value=1.0):
    return peak_signal_noise_ratio(y_true, y_pred, data_range=max_value)


def ssim(y_true, y_pred, max_value=1.0):
    return structural_similarity(
        y_true,
        y_pred,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=max_value,
        channel_axis=-1,
    )


ORACLES = {keras_cae.metrics.PSNR: psnr, keras_cae.metrics.SSIM: ssim}
METRICS = list(ORACLES)


@pytest.mark.tables
def test_every_metric_of_images_is_compared():
    # scikit-image has no multi-scale SSIM; the test of the loss compares it with TensorFlow.
    where = "ORACLES in tests/metrics/test_image_metric.py, with an independent function of two images and max_value"
    table = {*ORACLES, keras_cae.metrics.MultiScaleSSIM}
    check_table(public_subclasses(keras_cae.metrics, ImageMetric), table, where)


def oracle(metric_class, y_true, y_pred, max_value=1.0):
    """The value per image."""
    function = ORACLES[metric_class]
    y_true, y_pred = np.asarray(y_true, "float64"), np.asarray(y_pred, "float64")
    return np.array([function(*pair, max_value) for pair in zip(y_true, y_pred, strict=True)])


def image_pair(shape=(5, 13, 16, 2), seed=0):
    """Images and noisy images, with noise that increases from image to image."""
    generator = np.random.default_rng(seed)
    images = generator.random(shape, dtype="float32")
    noise = generator.standard_normal(shape, dtype="float32")
    strength = np.linspace(0.05, 0.3, shape[0], dtype="float32").reshape(-1, 1, 1, 1)
    return images, np.clip(images + strength * noise, 0, 1)


def result(metric, *args, **kwargs):
    metric.update_state(*args, **kwargs)
    return float(metric.result())


@pytest.mark.parametrize("metric_class", METRICS)
@pytest.mark.parametrize("shape", [(3, 28, 28, 1), (2, 29, 31, 3), (4, 11, 40, 4)])
def test_equals_scikit_image(metric_class, shape):
    y_true, y_pred = image_pair(shape)
    expected = oracle(metric_class, y_true, y_pred).mean()
    assert result(metric_class(), y_true, y_pred) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("metric_class", METRICS)
def test_max_value_is_the_range_of_the_images(metric_class):
    y_true, y_pred = (255 * images for images in image_pair())
    expected = oracle(metric_class, y_true, y_pred, max_value=255).mean()
    assert result(metric_class(max_value=255), y_true, y_pred) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("metric_class", METRICS)
@pytest.mark.parametrize("max_value", [1.0, 255.0])
def test_integer_images_are_scaled_to_max_value(metric_class, max_value):
    y_true, y_pred = image_pair()
    whole = np.rint(y_true * 255).astype("uint8")
    expected = oracle(metric_class, whole / 255, y_pred).mean()
    metric = metric_class(max_value=max_value)
    assert result(metric, whole, y_pred * max_value) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("metric_class", METRICS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_predictions_of_any_type_are_compared_in_float32(metric_class, dtype):
    y_true, y_pred = image_pair()
    y_pred = tf.cast(y_pred, dtype)
    expected = oracle(metric_class, y_true, tf.cast(y_pred, "float64")).mean()
    assert result(metric_class(), y_true, y_pred) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("metric_class", METRICS)
def test_averages_images_and_not_batches(metric_class):
    y_true, y_pred = image_pair()
    metric = metric_class()
    metric.update_state(y_true[:4], y_pred[:4])
    metric.update_state(y_true[4:], y_pred[4:])
    assert float(metric.result()) == pytest.approx(oracle(metric_class, y_true, y_pred).mean(), abs=1e-4)
    metric.reset_state()
    assert np.isnan(metric.result())


@pytest.mark.parametrize("metric_class", METRICS)
@pytest.mark.parametrize("axes", [(), (1,), (1, 1), (1, 1, 1)])
def test_weights_of_images(metric_class, axes):
    y_true, y_pred = image_pair()
    weights = np.array([0.0, 1.0, 0.5, 3.0, 2.0])
    expected = np.average(oracle(metric_class, y_true, y_pred), weights=weights)
    value = result(metric_class(), y_true, y_pred, sample_weight=weights.reshape(-1, *axes))
    assert value == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("metric_class", METRICS)
@pytest.mark.parametrize("axes", [(), (1,)])
def test_weights_of_pixels_count_by_their_mean(metric_class, axes):
    y_true, y_pred = image_pair()
    strength = np.array([1.0, 2.0, 0.0, 4.0, 1.0]).reshape(-1, 1, 1, *axes)
    weights = strength * np.random.default_rng(1).random((*y_true.shape[:3], *axes))
    expected = np.average(oracle(metric_class, y_true, y_pred), weights=weights.reshape(5, -1).mean(axis=1))
    value = result(metric_class(), y_true, y_pred, sample_weight=weights)
    assert value == pytest.approx(expected, abs=1e-4)


def small_model(dtype=None):
    """A minimal autoencoder for images with two channels."""
    encoder = keras.Sequential([keras.layers.Conv2D(2, 1, dtype=dtype)])
    decoder = keras.Sequential([keras.layers.Conv2D(2, 1, activation="sigmoid", dtype=dtype)])
    return keras_cae.models.CAE(encoder, decoder, dtype=dtype)


MODES = {
    "jit_compile": {"jit_compile": True},
    "run_eagerly": {"run_eagerly": True},
    "steps_per_execution": {"steps_per_execution": 2},
    "mixed_float16": {"dtype": "mixed_float16"},
    "two_replicas": {},
}


@pytest.mark.parametrize("mode", slow_but(("run_eagerly", "steps_per_execution"), MODES))
def test_every_mode_of_training(mode, two_replicas):
    strategy = two_replicas if mode == "two_replicas" else tf.distribute.get_strategy()
    compile_arguments = {**MODES[mode]}
    dtype = compile_arguments.pop("dtype", None)
    with strategy.scope():
        model = small_model(dtype)
        metrics = [metric_class() for metric_class in METRICS]
        model.compile("adam", "mse", metrics=metrics, **compile_arguments)
    train, held_out = image_pair((11, 12, 11, 2))[0], image_pair((7, 12, 11, 2), seed=1)[0]
    history = model.fit(train, validation_data=held_out, batch_size=4, epochs=1, verbose=0).history
    reconstructions = model.predict(held_out, batch_size=4, verbose=0)
    for metric in metrics:
        expected = oracle(type(metric), held_out, reconstructions).mean()
        assert history[f"val_{metric.name}"][0] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("metric_class", METRICS)
@pytest.mark.parametrize("jit_compile", [False, True])
def test_images_of_unknown_size(metric_class, jit_compile):
    y_true, y_pred = image_pair((2, 13, 16, 2))
    unknown = tf.TensorSpec((None, None, None, 2))
    compiled = tf.function(metric_class().per_image, [unknown, unknown], jit_compile=jit_compile)
    np.testing.assert_allclose(compiled(y_true, y_pred), oracle(metric_class, y_true, y_pred), atol=1e-4)


def test_weighted_metrics_of_a_model():
    images, weights = image_pair()[0], np.array([0.0, 1.0, 0.5, 3.0, 2.0])
    model = small_model()
    model.compile("adam", "mse", weighted_metrics=[metric_class() for metric_class in METRICS])
    logs = model.evaluate(images, sample_weight=weights, batch_size=2, return_dict=True, verbose=0)
    values = [oracle(metric_class, images, model.predict(images, verbose=0)) for metric_class in METRICS]
    expected = [np.average(value, weights=weights) for value in values]
    assert [logs["psnr"], logs["ssim"]] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("metric_class", METRICS)
def test_nan_is_not_hidden(metric_class):
    y_true, y_pred = image_pair()
    y_pred[0, 0, 0, 0] = np.nan
    assert np.isnan(result(metric_class(), y_true, y_pred))


@pytest.mark.parametrize("metric_class", METRICS)
def test_config_round_trip(metric_class):
    metric = metric_class(max_value=255, name="quality", dtype="float64")
    assert metric.get_config() == {"max_value": 255.0, "name": "quality", "dtype": "float64"}
    plain = keras.saving.serialize_keras_object(metric)
    assert plain["registered_name"] == f"keras_cae>{metric_class.__name__}"
    twin = keras.saving.deserialize_keras_object(plain)
    assert type(twin) is metric_class
    assert twin.get_config() == metric.get_config()


@pytest.mark.parametrize("metric_class", METRICS)
def test_larger_is_declared_better(metric_class):
    assert metric_class.direction == "max"
    assert issubclass(metric_class, ImageMetric)


@pytest.mark.parametrize("metric_class", METRICS)
@pytest.mark.parametrize("max_value", [0, -1.0, np.inf, np.nan, True, "1", None])
def test_max_value_must_be_positive(metric_class, max_value):
    with pytest.raises(ValueError, match=r"max_value must be a finite number above zero, got"):
        metric_class(max_value=max_value)


@pytest.mark.parametrize("metric_class", METRICS)
@pytest.mark.parametrize(
    ("shape_true", "shape_pred"),
    [
        ((2, 12), (2, 12)),
        ((2, 1, 1, 1, 12, 1), (2, 1, 1, 1, 12, 1)),
        ((2, 12, 12, 1), (2, 12, 12, 3)),
        ((2, 12, 12, 1), (2, 12, 13, 1)),
        ((2, 12, 12, 1), (2, 12, 12)),
        ((2,), (2, 12, 12, 1)),
    ],
)
def test_images_must_come_in_two_batches_of_one_shape(metric_class, shape_true, shape_pred):
    with pytest.raises(ValueError, match="compares two batches of the same shape") as caught:
        metric_class().update_state(np.zeros(shape_true), np.zeros(shape_pred))
    assert str(shape_true) in str(caught.value)
    assert str(shape_pred) in str(caught.value)


def test_a_metric_derived_from_the_base():
    y_true, y_pred = image_pair()
    weights = np.array([0.0, 1.0, 0.5, 3.0, 2.0])
    metric = LargestError(max_value=2)
    assert metric.name == "largest_error"
    assert declared_direction(metric) == "min"
    expected = np.average(np.abs(y_true - y_pred).max(axis=(1, 2, 3)), weights=weights)
    assert result(metric, 2 * y_true, 2 * y_pred, sample_weight=weights) == pytest.approx(expected, rel=1e-5)
    twin = LargestError.from_config(metric.get_config())
    assert twin.get_config() == metric.get_config() == {"max_value": 2.0, "name": "largest_error", "dtype": "float32"}


def test_the_base_is_abstract():
    with pytest.raises(TypeError, match="abstract class ImageMetric"):
        ImageMetric()


def test_values_that_are_not_of_images_are_refused():
    class OfPixels(ImageMetric):
        def per_image(self, y_true, y_pred):
            return keras.ops.mean(y_true - y_pred, axis=-1)

    with pytest.raises(ValueError, match=r"OfPixels.per_image must return one value per image.* \(5, 13, 16\)"):
        OfPixels().update_state(*image_pair())


@pytest.mark.parametrize("metric_class", METRICS)
@pytest.mark.parametrize("shape", [(5, 13), (5, 13, 17), (4,), (5, 13, 16, 2, 1), (5, 16)])
def test_weights_of_other_shapes_are_refused(metric_class, shape):
    with pytest.raises(ValueError, match=r"sample_weight must hold .* \(5, 13, 16\).* got shape") as caught:
        metric_class().update_state(*image_pair(), sample_weight=np.ones(shape))
    assert str(shape) in str(caught.value)
