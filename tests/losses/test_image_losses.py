"""The losses of images, compared with scikit-image, TensorFlow and NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage.metrics import structural_similarity

from keras_cae import losses, metrics

LOSSES = [losses.SSIM, losses.MultiScaleSSIM, losses.Charbonnier, losses.TotalVariation]


@keras.saving.register_keras_serializable(package="test_image_losses")
class LargestError(losses.ImageLoss):
    """A third-party loss."""

    per_pixel = False

    def compare(self, y_true, y_pred):
        return keras.ops.max(keras.ops.abs(y_true - y_pred), axis=(1, 2, 3))


MIXED = losses.Weighted(["mse", losses.SSIM(), keras.losses.MeanAbsoluteError()], [0.5, 0.2, 3])
INSTANCES = [*(cls() for cls in LOSSES), LargestError(), MIXED]
PER_IMAGE = (losses.SSIM, losses.MultiScaleSSIM)


def names(instances):
    return [loss.name for loss in instances]


def image_pair(shape=(4, 13, 16, 2)):
    generator = np.random.default_rng(0)
    images = generator.random(shape, dtype="float32")
    return images, np.clip(images + 0.3 * generator.standard_normal(shape, dtype="float32"), 0, 1)


def reference(loss, y_true, y_pred):
    """The values per image or per pixel, from other implementations."""
    y_true, y_pred = np.asarray(y_true, "float64"), np.asarray(y_pred, "float64")
    error = y_true - y_pred
    if isinstance(loss, losses.SSIM):
        options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
        pairs = zip(y_true, y_pred, strict=True)
        values = [structural_similarity(*pair, data_range=1, channel_axis=-1, **options) for pair in pairs]
        return 1 - np.array(values)[:, None, None]
    if isinstance(loss, losses.MultiScaleSSIM):  # on one scale
        return np.minimum(reference(losses.SSIM(), y_true, y_pred), 1)
    if isinstance(loss, LargestError):
        return np.abs(error).max(axis=(1, 2, 3))[:, None, None]
    if isinstance(loss, losses.Charbonnier):
        return np.sqrt(error**2 + 1e-6).mean(axis=-1)
    if isinstance(loss, losses.TotalVariation):
        values = np.zeros_like(y_pred)
        values[:, :, :-1] += np.abs(np.diff(y_pred, axis=2))
        values[:, :-1] += np.abs(np.diff(y_pred, axis=1))
        return values.mean(axis=-1)
    squared, absolute = (error**2).mean(axis=-1), np.abs(error).mean(axis=-1)
    return 0.5 * squared + 0.2 * reference(losses.SSIM(), y_true, y_pred) + 3 * absolute


@pytest.mark.parametrize("loss", INSTANCES, ids=names(INSTANCES))
def test_values(loss):
    y_true, y_pred = image_pair()
    expected = reference(loss, y_true, y_pred)
    np.testing.assert_allclose(loss.call(y_true, y_pred), expected, atol=1e-4)
    assert float(loss(y_true, y_pred)) == pytest.approx(expected.mean(), abs=1e-5)


def test_total_variation_is_that_of_tensorflow():
    y_true, y_pred = image_pair()
    expected = np.mean(tf.image.total_variation(tf.constant(y_pred))) / y_pred[0].size
    assert float(losses.TotalVariation()(y_true, y_pred)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("height", "width", "scales"),
    [(20, 31, 1), (28, 28, 2), (40, 43, 2), (41, 57, 3), (81, 83, 4), (161, 170, 5)],
)
def test_multi_scale_is_that_of_tensorflow(height, width, scales):
    generator = np.random.default_rng(0)
    coarse = generator.random((2, height // 4 + 1, width // 4 + 1, 2))
    y_true = np.kron(coarse, np.ones((1, 4, 4, 1)))[:, :height, :width].astype("float32")
    y_pred = np.clip(y_true + 0.2 * generator.standard_normal(y_true.shape), 0, 1).astype("float32")
    weights = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])[:scales]
    expected = tf.image.ssim_multiscale(y_true, y_pred, 1.0, power_factors=weights / weights.sum())
    assert 0.1 < np.mean(expected) < 0.97
    metric = metrics.MultiScaleSSIM()
    metric.update_state(y_true, y_pred)
    assert float(metric.result()) == pytest.approx(np.mean(expected), abs=5e-5)
    loss = losses.MultiScaleSSIM(reduction="none")
    np.testing.assert_allclose(loss(y_true, y_pred)[:, 0, 0], 1 - expected, atol=5e-5)


@pytest.mark.parametrize("scales", [1, 2])
def test_opposite_images_have_a_multi_scale_similarity_of_0(scales):
    images = np.random.default_rng(0).random((1, 20 * scales, 23 * scales, 1))
    metric = metrics.MultiScaleSSIM()
    metric.update_state(images, 1 - images)
    assert float(metric.result()) == 0
    assert 0.99 < float(losses.MultiScaleSSIM()(images, 1 - images)) <= 1


@pytest.mark.parametrize("loss", INSTANCES, ids=names(INSTANCES))
@pytest.mark.parametrize("axes", [(), (1,), (1, 1), (1, 1, 1)])
def test_a_weight_of_an_image_is_one(loss, axes):
    y_true, y_pred = image_pair()
    weights = np.array([0.0, 1.0, 0.5, 3.0])
    each = reference(loss, y_true, y_pred).mean(axis=(1, 2))
    value = float(loss(y_true, y_pred, sample_weight=weights.reshape(-1, *axes)))
    assert value == pytest.approx((each * weights).mean(), abs=1e-5)


@pytest.mark.parametrize("loss", INSTANCES, ids=names(INSTANCES))
@pytest.mark.parametrize("axes", [(), (1,)])
def test_weights_of_pixels(loss, axes):
    y_true, y_pred = image_pair()
    weights = np.random.default_rng(1).random((*y_true.shape[:3], *axes))
    expected = (reference(loss, y_true, y_pred) * weights.reshape(y_true.shape[:3])).mean()
    assert float(loss(y_true, y_pred, sample_weight=weights)) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("cls", LOSSES)
@pytest.mark.parametrize("reduction", ["sum", "mean_with_sample_weight", "none"])
def test_reductions(cls, reduction):
    y_true, y_pred = image_pair()
    weights = np.array([0.0, 1.0, 0.5, 3.0])
    values = np.asarray(cls(reduction="none")(y_true, y_pred))
    assert values.shape == ((4, 1, 1) if issubclass(cls, PER_IMAGE) else (4, 13, 16))
    weighted = values * weights[:, None, None]
    expected = {
        "sum": weighted.sum(),
        "mean_with_sample_weight": np.average(values.mean(axis=(1, 2)), weights=weights),
        "none": weighted,
    }[reduction]
    np.testing.assert_allclose(cls(reduction=reduction)(y_true, y_pred, weights), expected, rtol=1e-4)


@pytest.mark.parametrize("cls", LOSSES)
def test_max_value_and_integers(cls):
    y_true, y_pred = image_pair()
    whole = np.rint(y_true * 255).astype("uint8")
    expected = float(cls()(whole / 255, y_pred))
    assert float(cls()(whole, y_pred)) == pytest.approx(expected, abs=1e-5)
    assert float(cls(max_value=255)(whole, y_pred * 255)) == pytest.approx(expected, abs=1e-5)
    assert float(cls(max_value=2)(whole / 127.5, y_pred * 2)) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("loss", INSTANCES, ids=names(INSTANCES))
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_predictions_of_any_type_are_compared_in_float32(loss, dtype):
    y_true, y_pred = image_pair()
    y_pred = tf.cast(y_pred, dtype)
    expected = reference(loss, y_true, tf.cast(y_pred, "float64")).mean()
    assert float(loss(tf.cast(y_true, "float32"), y_pred)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("loss", INSTANCES, ids=names(INSTANCES))
@pytest.mark.parametrize("case", ["identical", "opposite", "constant", "black", "white", "out of range"])
@pytest.mark.parametrize("side", [9, 24])
def test_gradients_are_finite(loss, case, side):
    y_true = tf.random.stateless_uniform((2, side, side + 1, 1), (0, 1))
    y_pred = {
        "identical": y_true,
        "opposite": 1 - y_true,
        "constant": tf.fill(y_true.shape, 0.5),
        "black": tf.zeros_like(y_true),
        "white": tf.ones_like(y_true),
        "out of range": 1000 * y_true,
    }[case]
    for target in (y_true, y_pred):
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            value = loss(target, y_pred)
        assert np.isfinite(value)
        assert np.isfinite(tape.gradient(value, y_pred)).all()


@pytest.mark.parametrize("loss", INSTANCES, ids=names(INSTANCES))
@pytest.mark.parametrize(("jit_compile", "side"), [(False, 8), (True, 43)], ids=["", "xla"])
@pytest.mark.slow
def test_sizes_that_are_not_known_when_traced(loss, jit_compile, side):
    signature = tf.TensorSpec((None, None, None, 2))

    @tf.function(input_signature=[signature] * 2, jit_compile=jit_compile, autograph=False)
    def value_and_gradient(y_true, y_pred):
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            value = loss(y_true, y_pred)
        return value, tape.gradient(value, y_pred)

    y_true, y_pred = (tf.constant(images) for images in image_pair((2, side, side + 3, 2)))
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        expected = loss(y_true, y_pred)
    value, gradient = value_and_gradient(y_true, y_pred)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    np.testing.assert_allclose(gradient, tape.gradient(expected, y_pred), atol=1e-6)


@pytest.mark.parametrize("cls", LOSSES)
def test_bad_arguments(cls):
    with pytest.raises(ValueError, match="max_value must be a finite number above zero, got 0"):
        cls(max_value=0)
    with pytest.raises(ValueError, match=rf"{cls.__name__} compares .* Got y_true of shape \(2, 8\)"):
        cls()(np.zeros((2, 8)), np.zeros((2, 8)))
    with pytest.raises(ValueError, match="compares two batches of the same shape"):
        cls()(np.zeros((2, 8, 8, 1)), np.zeros((2, 8, 9, 1)))


def test_epsilon_must_be_above_zero():
    with pytest.raises(ValueError, match="epsilon must be a finite number above zero, got 0"):
        losses.Charbonnier(epsilon=0)


def test_a_loss_derived_from_the_base():
    loss = LargestError(max_value=2)
    assert loss.name == "largest_error"
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()
    assert again.max_value == 2


def test_the_base_is_abstract():
    with pytest.raises(TypeError, match="abstract class ImageLoss"):
        losses.ImageLoss()


def test_values_of_another_kind_than_declared_are_refused():
    class OfImages(losses.ImageLoss):
        def compare(self, y_true, y_pred):
            return keras.ops.mean(y_true - y_pred, axis=(1, 2, 3))

    with pytest.raises(ValueError, match=r"one value per pixel.* since per_pixel is True, got .* \(4,\) for"):
        OfImages()(*image_pair())
    OfImages.per_pixel = False
    assert np.isfinite(OfImages()(*image_pair()))


@pytest.mark.parametrize("loss", INSTANCES, ids=names(INSTANCES))
@pytest.mark.parametrize("shape", [(4, 13), (4, 16, 13), (3,), (4, 13, 16, 2, 1)])
def test_weights_of_other_shapes_are_refused(loss, shape):
    with pytest.raises(ValueError, match=r"sample_weight must hold .* \(4, 13, 16\).* got shape") as caught:
        loss(*image_pair(), sample_weight=np.ones(shape))
    assert str(shape) in str(caught.value)
