"""The architectures: their sizes and numbers of parameters, and that each one beats PCA."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.decomposition import PCA

from keras_cae.models import BasicCAE, BatchNormPoolCAE, ResidualCAE, SkipConnectionCAE

ARCHITECTURES = [BasicCAE, BatchNormPoolCAE, ResidualCAE, SkipConnectionCAE]
QUICK = [BasicCAE, BatchNormPoolCAE, pytest.param(ResidualCAE, marks=pytest.mark.slow), SkipConnectionCAE]


@pytest.mark.parametrize(
    ("cls", "shape", "parameters", "trainable"),
    [
        (BasicCAE, (14, 14, 3), 212_483, 212_483),
        (BatchNormPoolCAE, (28, 28, 3), 448_099, 447_811),
        (ResidualCAE, (28, 28, 3), 516_899, 516_899),
        (SkipConnectionCAE, (28, 28, 3), 451_715, 451_715),
    ],
)
def test_parameters(cls, shape, parameters, trainable):
    model = cls(latent_dim=64)
    model.build((None, *shape))
    assert model.count_params() == parameters
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == trainable


@pytest.mark.parametrize("cls", QUICK)
@pytest.mark.parametrize("latent_dim", [3, None])
@pytest.mark.parametrize(
    ("size", "channels"), [((28, 28), 1), ((29, 31), 3), ((33, 47), 1), ((64, 64), 4), ((4, 4), 3), ((5, 64), 4)]
)
def test_any_size_and_number_of_channels(cls, latent_dim, size, channels):
    images = np.random.default_rng(0).random((2, *size, channels), dtype="float32")
    model = cls(latent_dim, filters=(2, 3, 4))
    if min(size) < 8 and cls in (BatchNormPoolCAE, ResidualCAE):
        with pytest.raises(ValueError, match=rf"{size[0]}×{size[1]} pixels.*at least 8 pixels"):
            model(images)
        return
    assert model(images).shape == images.shape
    assert model.encode(images).shape[0] == 2
    if latent_dim:
        assert model.encode(images).shape == (2, latent_dim)


@pytest.mark.parametrize(
    ("cls", "arguments"),
    [
        (BasicCAE, {}),
        pytest.param(BatchNormPoolCAE, {}, marks=pytest.mark.slow),
        pytest.param(ResidualCAE, {}, marks=pytest.mark.slow),
        pytest.param(ResidualCAE, {"upsampling": "transposed", "blocks_per_level": 2}, marks=pytest.mark.slow),
        (SkipConnectionCAE, {"merge": "add"}),
        pytest.param(SkipConnectionCAE, {"merge": "concatenate"}, marks=pytest.mark.slow),
    ],
)
def test_fully_convolutional_models_train_on_any_size(cls, arguments):
    model = cls(None, filters=(2, 3, 4), **arguments)
    model.compile(optimizer="adam", loss="mse")

    def generate():
        for size in ((12, 12), (13, 9), (27, 30), (12, 12)):
            yield np.random.default_rng(0).random((3, *size, 1), dtype="float32")

    data = tf.data.Dataset.from_generator(generate, output_signature=tf.TensorSpec((None, None, None, 1), "float32"))
    assert np.isfinite(model.fit(data, epochs=2, verbose=0).history["loss"]).all()
    for batch in generate():
        assert model.predict(batch, verbose=0).shape == batch.shape
    with pytest.raises(ValueError, match="at least"):
        model(np.zeros((1, 1, 20, 1)))


@pytest.mark.parametrize("cls", ARCHITECTURES)
def test_one_level_or_as_few_as_there_can_be(cls):
    filters = (2, 3, 4) if cls is SkipConnectionCAE else (3,)
    model = cls(2, filters=filters)
    assert model(np.zeros((1, 9, 7, 1))).shape == (1, 9, 7, 1)


def test_features_join_below_full_resolution_and_after_the_activation():
    """An independent implementation with plain operations on the same weights."""
    images = np.random.default_rng(0).random((2, 12, 8, 1), dtype="float32")
    model = SkipConnectionCAE(4, filters=(2, 3, 4), activation="tanh")
    reconstruction = model(images)
    k1, b1, k2, b2, k3, b3, kc, bc, ks, bs, kt1, bt1, kt2, bt2, ko, bo = model.get_weights()

    def conv(x, kernel, bias, strides=1):
        return tf.nn.conv2d(x, kernel, strides, "SAME") + bias

    def transposed(x, kernel, bias, shape, strides=2):
        return tf.nn.conv2d_transpose(x, kernel, shape, strides, "SAME") + bias

    full = tf.tanh(conv(images, k1, b1))
    half = tf.tanh(conv(full, k2, b2, 2))
    quarter = tf.tanh(conv(half, k3, b3, 2))
    codes = tf.reshape(quarter, (2, -1)) @ kc + bc
    start = tf.reshape(codes @ ks + bs, quarter.shape)
    up = tf.tanh(transposed(start, kt1, bt1, half.shape)) + half
    up = tf.tanh(transposed(up, kt2, bt2, full.shape))
    expected = tf.sigmoid(transposed(up, ko, bo, images.shape, 1))
    np.testing.assert_allclose(reconstruction, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.encode(images), codes, rtol=1e-5, atol=1e-6)


def test_skip_connections_cannot_decode_codes_alone(images):
    model = SkipConnectionCAE(3, filters=(2, 3, 4))
    codes, features = model.encode(images, batch_size=4, return_features=True)
    with pytest.raises(ValueError, match="needs the encoder's feature maps"):
        model.decode(codes)
    decoded = model.decode(codes, features, batch_size=3)
    np.testing.assert_allclose(decoded, model.predict(images, verbose=0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.encode(images), codes, rtol=1e-5, atol=1e-6)


def test_each_level_has_its_own_learnable_activation(images):
    model = BasicCAE(3, filters=(2, 3, 4), activation=keras.layers.PReLU(shared_axes=[1, 2]))
    model.build(images.shape)
    alphas = [weight for weight in model.trainable_weights if "re_lu" in weight.path]
    assert [weight.shape[-1] for weight in alphas] == [2, 3, 4, 3, 2]


@pytest.mark.parametrize("activation", ["elu", keras.ops.sin, keras.activations.gelu, keras.layers.LeakyReLU(0.3)])
def test_any_activation(images, activation):
    model = BasicCAE(3, filters=(2, 3), activation=activation, output_activation=None)
    assert np.isfinite(model(images)).all()


@pytest.mark.parametrize("cls", ARCHITECTURES)
@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("latent_dim", 0, "latent_dim must be a positive integer, got 0"),
        ("latent_dim", 2.5, "latent_dim must be a positive integer, got 2.5"),
        ("filters", (), "filters must hold at least one"),
        ("filters", 32, "filters must be a sequence"),
        ("filters", (16, -1, 4), r"filters\[1\] must be a positive integer, got -1"),
        ("kernel_size", "3", "kernel_size must be a positive integer, got '3'"),
        ("activation", "rellu", "activation must be the name of a Keras activation, .* got 'rellu'"),
        ("output_activation", 3, "output_activation must be"),
    ],
)
def test_wrong_arguments(cls, argument, value, message):
    with pytest.raises(ValueError, match=message):
        cls(**{"latent_dim": 2, argument: value})


def test_wrong_arguments_of_skip_connections():
    with pytest.raises(ValueError, match="at least three levels"):
        SkipConnectionCAE(2, filters=(4, 8))
    with pytest.raises(ValueError, match="merge must be one of 'add', 'concatenate', got 'sum'"):
        SkipConnectionCAE(2, merge="sum")


@pytest.mark.parametrize("cls", ARCHITECTURES)
def test_parts_before_build(cls):
    for part in ("encoder", "bottleneck", "decoder"):
        with pytest.raises(AttributeError, match=rf"has no {part} before it is built"):
            getattr(cls(2), part)


@pytest.mark.parametrize("cls", [pytest.param(cls, marks=pytest.mark.slow) for cls in ARCHITECTURES])
def test_beats_pca_on_held_out_digits(cls, digits):
    train, test = digits
    flat = test.reshape(len(test), -1)
    pca = PCA(8).fit(train.reshape(len(train), -1))
    pca_error = np.mean((pca.inverse_transform(pca.transform(flat)) - flat) ** 2)
    assert pca_error == pytest.approx(0.0247, abs=0.002)
    model = cls(latent_dim=8)
    model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="mse")
    model.fit(train, batch_size=32, epochs=8 if cls is ResidualCAE else 20, verbose=0)
    assert model.evaluate(test, verbose=0) < 0.9 * pca_error


@pytest.mark.parametrize("momentum", [0.99, 0.5])
def test_moving_averages_keep_as_much_as_the_momentum_says(images, momentum):
    model = BatchNormPoolCAE(latent_dim=3, filters=(4,), momentum=momentum)
    model.compile(keras.optimizers.SGD(0.0), "mse")

    def variances_of_batch(steps):
        levels = [network.get_layer("level_0") for network in (model.encoder, model.decoder)]
        moving = np.concatenate([level.normalize.moving_variance for level in levels])
        return (moving - momentum**steps) / (1 - momentum**steps)

    model.fit(images, batch_size=len(images), verbose=0)
    first = variances_of_batch(1)
    model.fit(images, batch_size=len(images), epochs=3, verbose=0)
    np.testing.assert_allclose(variances_of_batch(4), first, rtol=1e-3)
