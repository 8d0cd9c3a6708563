"""Metrics and losses of signals and volumes, compared with scikit-image, TensorFlow and NumPy."""

import numpy as np
import pytest
import tensorflow as tf
from checks import public_subclasses
from skimage.metrics import structural_similarity

from keras_cae import losses, metrics

SHAPES = {1: (3, 26, 2), 2: (3, 13, 16, 2), 3: (3, 12, 13, 11, 2)}
METRICS = public_subclasses(metrics, metrics.ImageMetric)
LOSSES = [losses.SSIM, losses.MultiScaleSSIM, losses.Charbonnier, losses.TotalVariation]


def pair(shape):
    generator = np.random.default_rng(0)
    images = generator.random(shape, dtype="float32")
    return images, np.clip(images + 0.2 * generator.standard_normal(shape, dtype="float32"), 0, 1)


def measured(metric, *images, **weights):
    metric.update_state(*images, **weights)
    return float(metric.result())


def signal_factors(x, y):
    """The means of the second factor and of the whole similarity over the windows of a signal."""
    window = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    window /= window.sum()
    mean = lambda values: np.convolve(values, window, "valid")  # noqa: E731
    mean_x, mean_y = mean(x), mean(y)
    variances = mean(x**2) - mean_x**2 + mean(y**2) - mean_y**2
    structure = (2 * (mean(x * y) - mean_x * mean_y) + 0.03**2) / (variances + 0.03**2)
    luminance = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
    return structure.mean(), (luminance * structure).mean()


def of_channels(function, y_true, y_pred):
    """The mean of a function over all channels of all signals."""
    channels = (np.moveaxis(batch, -1, 1).reshape(-1, batch.shape[1]) for batch in (y_true, y_pred))
    return np.mean([function(x.astype("float64"), y.astype("float64")) for x, y in zip(*channels, strict=True)])


def test_ssim_of_signals():
    y_true, y_pred = pair(SHAPES[1])
    expected = of_channels(lambda x, y: signal_factors(x, y)[1], y_true, y_pred)
    assert measured(metrics.SSIM(), y_true, y_pred) == pytest.approx(expected, abs=1e-4)


def test_multi_scale_ssim_of_signals():
    def two_scales(x, y):
        halves = (signal.reshape(-1, 2).mean(axis=1) for signal in (x, y))
        weights = np.array([0.0448, 0.2856]) / (0.0448 + 0.2856)
        return signal_factors(x, y)[0] ** weights[0] * signal_factors(*halves)[1] ** weights[1]

    y_true, y_pred = pair(SHAPES[1])
    expected = of_channels(two_scales, y_true, y_pred)
    assert measured(metrics.MultiScaleSSIM(), y_true, y_pred) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("shape", [SHAPES[3], (2, 11, 14, 17, 1)])
def test_ssim_of_volumes_is_that_of_scikit_image(shape):
    y_true, y_pred = pair(shape)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = np.mean(
        [
            structural_similarity(x.astype("float64"), y.astype("float64"), data_range=1, channel_axis=-1, **options)
            for x, y in zip(y_true, y_pred, strict=True)
        ]
    )
    assert measured(metrics.SSIM(), y_true, y_pred) == pytest.approx(expected, abs=1e-4)


def test_multi_scale_ssim_of_volumes_that_do_not_change_along_an_axis():
    y_true, y_pred = pair((2, 28, 29, 1))
    deep = [np.repeat(images[:, :, None], 28, axis=2) for images in (y_true, y_pred)]
    expected = measured(metrics.MultiScaleSSIM(), y_true, y_pred)
    assert measured(metrics.MultiScaleSSIM(), *deep) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("rank", SHAPES)
def test_psnr(rank):
    y_true, y_pred = pair(SHAPES[rank])
    errors = ((y_true - y_pred) ** 2).reshape(3, -1).mean(axis=1)
    assert measured(metrics.PSNR(), y_true, y_pred) == pytest.approx(np.mean(-10 * np.log10(errors)), abs=1e-4)


@pytest.mark.parametrize("rank", SHAPES)
def test_total_variation(rank):
    y_true, y_pred = pair(SHAPES[rank])
    expected = sum(np.abs(np.diff(y_pred, axis=axis)).sum() for axis in range(1, rank + 1)) / y_pred.size
    assert float(losses.TotalVariation()(y_true, y_pred)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("rank", SHAPES)
def test_charbonnier(rank):
    y_true, y_pred = pair(SHAPES[rank])
    expected = np.sqrt((y_true - y_pred) ** 2 + 1e-6).mean()
    assert float(losses.Charbonnier()(y_true, y_pred)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("cls", METRICS)
@pytest.mark.parametrize("axis", [1, 2, 3])
def test_a_volume_of_one_slice_has_the_value_of_the_image(cls, axis):
    y_true, y_pred = pair((2, 12, 16, 2))
    expected = measured(cls(), y_true, y_pred)
    slices = [np.expand_dims(images, axis) for images in (y_true, y_pred)]
    assert measured(cls(), *slices) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("rank", SHAPES)
@pytest.mark.parametrize("cls", METRICS)
def test_weights_in_metrics(cls, rank):
    y_true, y_pred = pair(SHAPES[rank])
    weights = np.array([0.0, 1.0, 3.0], "float32")
    each = [measured(cls(), y_true[i : i + 1], y_pred[i : i + 1]) for i in range(3)]
    expected = pytest.approx(np.average(each, weights=weights), abs=1e-4)
    of_pixels = weights.reshape(-1, *[1] * rank) * np.ones(SHAPES[rank][:-1])
    for given in (weights, weights[:, None], of_pixels, of_pixels[..., None]):
        assert measured(cls(), y_true, y_pred, sample_weight=given) == expected


@pytest.mark.parametrize("rank", SHAPES)
@pytest.mark.parametrize(
    "cls", [*LOSSES, lambda: losses.Weighted(["mse", losses.SSIM(), losses.Charbonnier()], [1, 2, 3])]
)
def test_weights_in_losses(cls, rank):
    y_true, y_pred = pair(SHAPES[rank])
    weights = np.array([0.0, 1.0, 3.0], "float32")
    each = np.array([float(cls()(y_true[i : i + 1], y_pred[i : i + 1])) for i in range(3)])
    expected = pytest.approx((each * weights).mean(), abs=1e-5)
    of_pixels = weights.reshape(-1, *[1] * rank) * np.ones(SHAPES[rank][:-1])
    for given in (weights, weights[:, None], of_pixels, of_pixels[..., None]):
        assert float(cls()(y_true, y_pred, sample_weight=given)) == expected


@pytest.mark.parametrize(("rank", "jit_compile"), [(1, True), (3, False)], ids=["1, xla", "3"])
@pytest.mark.parametrize("cls", [losses.SSIM, losses.MultiScaleSSIM, losses.TotalVariation])
@pytest.mark.slow
def test_gradients_at_sizes_that_are_not_known_when_traced(cls, rank, jit_compile):
    loss = cls()
    y_true, y_pred = (tf.constant(images) for images in pair((2, 23, *[22] * (rank - 1), 2)))

    def value_and_gradient(y_true, y_pred):
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            value = loss(y_true, y_pred)
        return value, tape.gradient(value, y_pred)

    signature = [tf.TensorSpec((None, *[None] * rank, 2))] * 2
    compiled = tf.function(value_and_gradient, signature, jit_compile=jit_compile, autograph=False)
    value, gradient = compiled(y_true, y_pred)
    expected_value, expected_gradient = value_and_gradient(y_true, y_pred)
    np.testing.assert_allclose(value, expected_value, rtol=1e-5)
    np.testing.assert_allclose(gradient, expected_gradient, atol=1e-6)
    assert np.abs(gradient).max() > 0
