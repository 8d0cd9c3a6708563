"""The receptive field is correct for all kinds of networks."""

import gc
import weakref

import keras
import numpy as np
import pytest
from checks import check_docstring, slow_but
from tiled_models import ARCHITECTURES, built, calibrated, convolution, of_networks

import keras_cae
from keras_cae import models
from keras_cae.tiling import predict_tiled, receptive_field
from keras_cae.tiling.task import task_of

SIDE = 96


@keras.saving.register_keras_serializable(package="tiling_tests")
class Rounded(keras.layers.Layer):
    """Blocks gradients."""

    def call(self, inputs):
        return keras.ops.round(inputs)


@keras.saving.register_keras_serializable(package="tiling_tests")
class Brighter(keras.layers.Layer):
    """Multiplies each row by its index."""

    def call(self, inputs):
        rows = keras.ops.arange(keras.ops.shape(inputs)[1])
        return inputs * keras.ops.cast(rows, inputs.dtype)[None, :, None, None]


def test_documented():
    check_docstring(receptive_field)


def seen_by_changes(model, period):
    """The distances before and after an output of a rank-1 model within which pixels affect it."""
    signals = np.random.default_rng(0).random((256, SIDE, 1))
    before = after = 0
    unchanged = np.asarray(model.call(signals, training=False))
    for pixel in range(SIDE // 2, SIDE // 2 + period):
        changed = signals.copy()
        changed[:, pixel] += np.random.default_rng(1).normal(0, 3, (256, 1))
        differs = np.flatnonzero((np.asarray(model.call(changed, training=False)) != unchanged).any(axis=(0, 2)))
        before, after = max(before, differs[-1] - pixel), max(after, pixel - differs[0])
    return before, after


@pytest.mark.parametrize(
    "architecture", slow_but(("pooled", "denoising"), sorted(set(ARCHITECTURES) - {"quantized", "finite scalar"}))
)
def test_outputs_change_with_the_pixels_that_were_measured_and_no_others(architecture):
    model = built(architecture, 1, dtype="float64", activation="softplus")
    (reach,) = task_of(model).reaches
    assert tuple(reach) == seen_by_changes(model, model.downsampling[0])


@pytest.mark.parametrize(
    ("encode", "decode", "expected"),
    [
        (convolution(3, 3, activation="relu"), convolution(1, 5), 1 + 2 + 4),
        (convolution(3, 3, dilation_rate=4, activation="relu6"), convolution(1, 1), 1 + 8),
        (convolution(3, (3, 3), activation="sigmoid"), convolution(1, 3, activation="hard_sigmoid"), 5),
        (keras.layers.MaxPooling2D(4), keras.layers.UpSampling2D(4), 7),  # 3 before the first of four, 3 after the last
        (keras.layers.AveragePooling2D(3), keras.layers.UpSampling2D(3), 5),
        (keras.layers.DepthwiseConv2D(5, padding="same"), convolution(1, 3, activation="tanh"), 7),
        (keras.layers.Identity(), keras.layers.Identity(), 1),
    ],
)
def test_networks_that_can_be_reckoned(encode, decode, expected):
    assert receptive_field(of_networks(encode, decode)) == (expected, expected)


def test_axes_differ():
    model = of_networks(convolution(2, (1, 5), activation="gelu"), convolution(1, (3, 1)))
    assert receptive_field(model) == (3, 5)


def test_a_network_of_its_own_shape():
    def u_shaped(images):
        features = convolution(4, 3, activation="relu")(images)
        coarse = convolution(4, 3, activation="relu")(keras.layers.AveragePooling2D(3)(features))
        return keras.layers.Concatenate()([features, keras.layers.UpSampling2D(3)(coarse)])

    model = of_networks(u_shaped, convolution(1, 1))
    assert task_of(model).periods == (3, 3)
    # Before the last of three: its coarse neighbour, three pixels, and one for the convolution; likewise after.
    assert receptive_field(model) == (1 + 6 + 6, 1 + 6 + 6)


@pytest.mark.slow
def test_group_normalization_is_left_out_and_noticed():
    model = built(models.ResidualCAE(filters=(4, 8), upsampling="transposed"))
    task = task_of(model)
    assert not task.is_exact
    assert receptive_field(model) == (35, 35)


def test_quantizers_and_low_precision_are_seen_through():
    expected = receptive_field(built("basic", 1))
    assert receptive_field(built("quantized", 1)) == expected
    assert receptive_field(built("finite scalar", 1)) == expected
    assert receptive_field(built("basic", 1, dtype="mixed_float16")) == expected


def test_half_precision_of_layers_that_keras_does_not_know():
    class Unknown(keras.layers.Layer):
        def call(self, inputs):
            return inputs

    half = convolution(1, 3, dtype="mixed_float16")
    with pytest.raises(ValueError, match="can't be measured: small gradients vanish in the half precision"):
        receptive_field(of_networks(lambda images: Unknown()(half(images)), convolution(1, 3)))


def strided(rank):
    """A model with a strided convolution and a strided transposed convolution."""

    def encode(images):
        return getattr(keras.layers, f"Conv{rank}D")(2, 3, strides=2, padding="same", activation="softplus")(images)

    def decode(codes):
        return getattr(keras.layers, f"Conv{rank}DTranspose")(1, 3, strides=2, padding="same")(codes)

    return of_networks(encode, decode, rank=rank)


@pytest.mark.parametrize("rank", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_networks_of_ones_own_for_signals_and_volumes(rank):
    expected = seen_by_changes(strided(1), 2)
    assert [tuple(reach) for reach in task_of(strided(rank)).reaches] == [expected] * rank


@pytest.mark.slow
def test_a_normalizer_of_large_values_changes_nothing():
    normalizer = keras.layers.Normalization(mean=[40000.0], variance=[1e6])
    assert receptive_field(built("basic", 1, normalizer=normalizer)) == receptive_field(built("basic", 1))


def test_the_model_is_left_as_it_was():
    model = built("pooled", 1)
    before = [weight.numpy() for weight in model.weights]
    receptive_field(model)
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


@pytest.mark.slow
def test_maps_of_detectors():
    plain = calibrated(built("basic"), "mse", (12, 12, 1))
    smoothed = calibrated(built("basic"), "mse", (12, 12, 1), smoothing=1.0)
    assert receptive_field(plain) == receptive_field(plain.autoencoder)
    assert receptive_field(smoothed) == tuple(extent + 6 for extent in receptive_field(plain))


def test_models_of_one_size_see_all_of_it():
    model = models.BasicCAE(latent_dim=2, filters=(2, 3))
    model.build((None, 8, 12, 1))
    assert receptive_field(model) == (8, 12)


def test_what_has_no_receptive_field():
    with pytest.raises(ValueError, match=r"call build\(\(?None, height, width, channels"):
        receptive_field(models.DenoisingCAE())
    with pytest.raises(TypeError, match="model must be a CAE"):
        receptive_field(keras.Sequential([keras.layers.Dense(2)]))
    with pytest.raises(ValueError, match="can't be measured: no gradient flows"):
        receptive_field(of_networks(Rounded(), convolution(1, 3)))
    with pytest.raises(ValueError, match="no limited receptive field"):
        receptive_field(of_networks(Brighter(), convolution(1, 3)))


@pytest.mark.slow
def test_normalization_of_keras_sees_whole_images():
    with pytest.raises(ValueError, match="no limited receptive field"):
        receptive_field(of_networks(keras.layers.GroupNormalization(1), convolution(1, 3)))


def test_models_are_not_kept_alive():
    model = keras_cae.models.DenoisingCAE(rank=1, filters=(2,))
    predict_tiled(model, np.zeros((50, 1)), tile=20)
    kept = weakref.ref(model)
    del model
    gc.collect()
    assert kept() is None
