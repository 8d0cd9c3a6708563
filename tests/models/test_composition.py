"""Models combine any architecture and any bottleneck, which determine their methods."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae import layers
from keras_cae.models import (
    CAE,
    AdversarialCAE,
    BasicCAE,
    BatchNormPoolCAE,
    DenoisingCAE,
    MaskedCAE,
    ResidualCAE,
    SkipConnectionCAE,
    VariationalCAE,
    VectorQuantizedCAE,
)

ARCHITECTURES = {
    "basic": lambda *size, **more: BasicCAE(*size, filters=(3, 4), **more),
    "batch norm": lambda *size, **more: BatchNormPoolCAE(*size, filters=(3, 4), **more),
    "skip": lambda *size, **more: SkipConnectionCAE(*size, filters=(3, 4, 5), **more),
    "residual": lambda *size, **more: ResidualCAE(*size, filters=(4,), **more),
    "masked": lambda *size, **more: MaskedCAE(*size, filters=(4,), patch_size=3, **more),
    "denoising": lambda *size, **more: DenoisingCAE(filters=(3, 4), **more),
}
# The bottleneck and the latent_dim of the model, by name.
BOTTLENECKS = {
    "variational": (lambda: layers.GaussianBottleneck(3), None),
    "MMD": (lambda: layers.MMDBottleneck(), 3),
    "adversarial": (lambda: layers.AdversarialBottleneck(3), None),
    "vector quantized": (lambda: layers.VectorQuantizer(6, 2), None),
    "finite scalar": (lambda: layers.FiniteScalarQuantizer((5, 4)), None),
    "sparse": (lambda: layers.SparseBottleneck(), 3),
    "contractive": (lambda: layers.ContractiveBottleneck(), 3),
}
QUICK = ("residual", "variational")
# One pair with each architecture and each bottleneck is trained with compiled steps.
COMPILED = {
    QUICK,
    ("residual", "vector quantized"),
    ("batch norm", "adversarial"),
    ("skip", "MMD"),
    ("masked", "finite scalar"),
    ("denoising", "sparse"),
    ("basic", "contractive"),
}


@pytest.mark.parametrize(
    ("architecture", "bottleneck"),
    [
        pytest.param(*pair, marks=() if pair == QUICK else pytest.mark.slow)
        for pair in ((a, b) for a in ARCHITECTURES for b in BOTTLENECKS)
        if pair != ("denoising", "MMD")  # whose kernels require codes of a fixed size
    ],
)
def test_any_architecture_with_any_bottleneck(architecture, bottleneck, images, tmp_path):
    make, latent_dim = BOTTLENECKS[bottleneck]
    size = () if architecture == "denoising" or latent_dim is None else (latent_dim,)
    model = ARCHITECTURES[architecture](*size, bottleneck=make())
    model.compile("adam", "mse", run_eagerly=(architecture, bottleneck) not in COMPILED)
    history = model.fit(images, batch_size=5, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert "reconstruction_loss" in history
    codes = model.encode(images)
    np.testing.assert_allclose(model.encoder.predict(images, verbose=0), codes, rtol=1e-4, atol=1e-5)
    if model.has_prior and model.decodes_codes_alone and architecture != "denoising":
        assert model.sample(2, seed=0).shape == (2, *images.shape[1:])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(images, verbose=0), model.predict(images, verbose=0))
    np.testing.assert_array_equal(loaded.encode(images), codes)


def test_what_a_model_can_do_follows_from_its_bottleneck(images):
    model = ResidualCAE(bottleneck=layers.GaussianBottleneck(2), filters=(4,))
    model.compile("adam", "mse")
    model.fit(images, verbose=0)
    assert (model.latent_dim, model.beta) == (2, 1.0)
    assert model.bottleneck.values_per_image == 9 * 12 * 2
    assert model.sample(3).shape == (3, 9, 12, 2)
    assert model.posterior(images)[1].shape == (10, 2)
    assert np.isfinite(model.log_likelihood(images, samples=2)).all()
    model.beta = 0.5
    assert model.bottleneck.beta == 0.5
    plain = BasicCAE(2, filters=(3, 4))
    plain.build(images.shape)
    with pytest.raises(ValueError, match="has no prior"):
        plain.sample(2)
    with pytest.raises(ValueError, match="posterior needs a bottleneck"):
        plain.posterior(images)


def test_the_code_has_one_size():
    with pytest.raises(ValueError, match="latent_dim must be the latent_dim of the bottleneck, 2, or omitted, got 16"):
        BasicCAE(16, bottleneck=layers.GaussianBottleneck(2))


@keras.saving.register_keras_serializable(package="test_composition")
class ScaledCAE(BasicCAE):
    """A bottleneck with its own weight, `call` and penalty."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.factor = self.add_weight(shape=(), initializer=keras.initializers.Constant(0.25), name="factor")
        self.brightness = layers.Penalty(0.5, name="brightness")

    def call(self, inputs, training=None):
        outputs = super().call(inputs, training) * self.factor
        self.brightness(keras.ops.mean(outputs, axis=(1, 2, 3)))
        return outputs


def test_subclasses_with_weights_and_penalties_of_their_own(images, tmp_path):
    model = ScaledCAE(2, filters=(3, 4))
    model.compile(keras.optimizers.Adam(0.1), "mse")
    history = model.fit(images, verbose=0).history
    assert float(model.factor) != 0.25
    expected = history["reconstruction_loss"][0] + 0.5 * history["brightness"][0]
    assert history["loss"][0] == pytest.approx(expected, rel=1e-5)
    model.brightness.weight = 0.125
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert float(loaded.factor) == float(model.factor)
    assert loaded.brightness.weight == 0.125
    np.testing.assert_array_equal(loaded.predict(images, verbose=0), model.predict(images, verbose=0))


@pytest.mark.slow
def test_terms_of_the_loss_count_once_on_two_replicas(images, two_replicas):
    class Doubting(BasicCAE):
        def compute_loss(self, *args, **kwargs):
            return super().compute_loss(*args, **kwargs) + 3.0

    class Dark(BasicCAE):
        def call(self, inputs, training=None):
            outputs = super().call(inputs, training)
            self.add_loss(0.1 * keras.ops.mean(outputs))
            return outputs

    class DarkOnceBuilt(BasicCAE):
        def call(self, inputs, training=None):
            outputs = super().call(inputs, training)
            if self.built:
                self.add_loss(0.1 * keras.ops.mean(outputs))
            return outputs

    def histories():
        keras.utils.set_random_seed(1)
        found = {}
        for cls in (Doubting, ScaledCAE, Dark, DarkOnceBuilt):
            model = cls(2, filters=(3, 4))
            model.compile(keras.optimizers.SGD(0.1), "mse")
            # The last batch has one image, so only one replica gets data.
            found[cls.__name__] = model.fit(images[:9], batch_size=4, epochs=2, shuffle=False, verbose=0).history
        return found

    expected = histories()
    assert {"reconstruction_loss"} <= expected["Dark"].keys() & expected["DarkOnceBuilt"].keys()
    with two_replicas.scope():
        ours = histories()
    for name, history in expected.items():
        assert ours[name].keys() == history.keys()
        for metric, values in history.items():
            np.testing.assert_allclose(ours[name][metric], values, rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "name", "value"),
    [
        (lambda: BasicCAE(2, filters=(3, 4)), "filters", (8, 8)),
        (lambda: BasicCAE(2, filters=(3, 4)), "output_activation", "tanh"),
        (lambda: VariationalCAE(2, filters=(3, 4)), "free_bits", 0.5),
        (lambda: VectorQuantizedCAE(4, 2, filters=(3, 4)), "decay", 0.5),
    ],
)
def test_hyperparameters_of_a_built_model_are_fixed(make, name, value, images, tmp_path):
    model = make()
    model.build(images.shape)
    with pytest.raises(AttributeError, match=f"{name} of .* can't be changed"):
        setattr(model, name, value)
    model.save(tmp_path / "model.keras")
    keras.saving.load_model(tmp_path / "model.keras")


def test_the_networks_of_a_built_model_stay(images):
    model = VariationalCAE(2, filters=(3, 4))
    model.build(images.shape)
    for part in ("encoder", "bottleneck", "decoder"):
        with pytest.raises(AttributeError, match=f"{part} of VariationalCAE can't be replaced"):
            setattr(model, part, None)


def test_errors_inside_properties_are_not_hidden():
    class Broken(BasicCAE):
        @property
        def broken(self):
            return self.bottleneck_typo

    with pytest.raises(AttributeError, match="bottleneck_typo"):
        _ = Broken(2).broken


def test_all_weights_are_trainable_or_not(images):
    model = AdversarialCAE(2, filters=(3, 4))
    model.build(images.shape)
    assert len(model.weights) == len(model.trainable_weights) + len(model.non_trainable_weights)


def test_feature_maps_can_be_taken_from_the_encoder(images):
    model = ResidualCAE(2, filters=(4, 5))
    model.build(images.shape)
    features = keras.Model(model.encoder.inputs, model.encoder.get_layer("level_1").output)
    assert features.predict(images, verbose=0).shape == (10, 3, 3, 5)


def test_penalties_and_their_metrics_in_the_fit_of_another_model(images):
    inner = VariationalCAE(2, filters=(3, 4), seed=1)
    inputs = keras.Input(images.shape[1:])
    outer = keras.Model(inputs, inner(inputs))
    outer.compile("adam", "mse")
    logs = outer.fit(images, images, verbose=0).history
    assert logs["kl_loss"][0] > 0
    error = np.mean((inner.predict(images, verbose=0) - images) ** 2)
    assert logs["loss"][0] > 0.9 * error
    # Values that are not measured in evaluation are reported as NaN.
    assert np.isnan(outer.evaluate(images, images, verbose=0, return_dict=True)["kl_loss"])


def test_the_shape_check_outlives_the_first_call():
    model = BasicCAE(2, filters=(3, 4))
    model.build((None, 8, 8, 1))
    ways = (model.encode, lambda x: model.predict(x, verbose=0), model.predict_on_batch)
    for _ in range(2):
        for way in ways:
            for size in ((4, 16), (16, 4), (9, 9)):
                with pytest.raises(ValueError, match="built for images of shape"):
                    way(np.zeros((2, *size, 1), "float32"))
            way(np.zeros((2, 8, 8, 1), "float32"))


@pytest.mark.parametrize("shape", [(10,), (10, 1), (10, 9, 12), (10, 9, 12, 1)])
def test_weights_with_a_loss_of_one_value_per_image(images, shape):
    def per_image(y_true, y_pred):
        return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=(1, 2, 3))

    weights = np.linspace(0, 2, 10, dtype="float32")
    model = BasicCAE(2, filters=(3, 4))
    # A metric function with one value per image does not support pixel weights, as in stock Keras.
    of_images = len(shape) < 3
    model.compile("adam", per_image, weighted_metrics=[per_image] if of_images else None)
    error = np.mean((model.predict(images, verbose=0) - images) ** 2, axis=(1, 2, 3))
    given = np.broadcast_to(weights.reshape(-1, *[1] * (len(shape) - 1)), shape)
    results = model.evaluate(images, sample_weight=given, batch_size=10, verbose=0)
    expected = np.mean(weights * error), np.sum(weights * error) / weights.sum()
    assert results == pytest.approx(list(expected) if of_images else expected[0], rel=1e-5)


@pytest.mark.parametrize("weights", [np.nan, -1.0, np.inf])
def test_weights_that_are_no_weights_are_refused(images, weights):
    model = BasicCAE(2, filters=(3, 4))
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match="sample_weight must be finite and non-negative"):
        model.fit(images, sample_weight=np.full(10, weights), verbose=0)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (lambda x: (x * 255).astype("int64"), "8-bit images"),
        (lambda x: (x * 255).astype("uint16"), "8-bit images"),
        (lambda x: (x * 4095).astype("int32"), "16-bit images"),
        (lambda x: (x * 1000).astype("int16") - 500, "negative integers"),
    ],
)
@pytest.mark.parametrize("container", [lambda x: x, lambda x: tf.data.Dataset.from_tensor_slices(x).batch(5)])
def test_integers_that_do_not_use_their_type_are_refused(images, data, match, container):
    model = BasicCAE(2, filters=(3, 4))
    model.compile("adam", "mse")
    model.build(images.shape)
    before = model.get_weights()
    with pytest.raises(ValueError, match=match):
        model.fit(container(data(images)), verbose=0)
    for weight, kept in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, kept)


def test_floats_of_another_range_than_training(images, tmp_path):
    model = BasicCAE(2, filters=(3, 4), output_activation="linear")
    model.compile("adam", "mse")
    model.fit((images * 255).astype("uint8"), verbose=0)
    model.save(tmp_path / "model.keras")
    for one in (model, keras.saving.load_model(tmp_path / "model.keras")):
        for way in (one.encode, lambda x, one=one: one.predict(x, verbose=0), one.predict_on_batch):
            with pytest.raises(ValueError, match="values from 0"):
                way(images * 255)
            way(images)
        assert one._gate.dtype == "uint8"


def test_channels_first_are_refused_unless_they_are_meant():
    images = np.zeros((4, 3, 8, 8), "float32")
    model = BasicCAE(2, filters=(2,))
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match=r"numpy\.moveaxis"):
        model.fit(images, verbose=0)
    model.build((None, 3, 8, 8))
    model.fit(images, verbose=0)


@pytest.mark.parametrize("empty", [np.zeros((0, 8, 8, 1)), None, "x", {"x": np.zeros((1, 8, 8, 1))}, [None]])
def test_what_is_no_data_is_refused(empty):
    model = BasicCAE(2, filters=(3, 4))
    model.compile("adam", "mse")
    for way in (model.fit, model.evaluate, model.predict, model.encode):
        with pytest.raises((ValueError, TypeError), match=r"(x|images) must"):
            way(empty)


def test_generators_and_lists_are_taken(images):
    model = BasicCAE(2, filters=(3, 4))
    model.compile("adam", "mse")
    model.fit((images[start : start + 5] for start in (0, 5)), verbose=0)
    codes = model.encode(images)
    np.testing.assert_allclose(model.encode(images[s : s + 5] for s in (0, 5)), codes, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.encode(list(images)), codes, rtol=1e-5, atol=1e-6)
    model.fit([images], [images], verbose=0)


def test_the_usual_encoder_of_three_outputs_is_told_what_to_do():
    inputs = keras.Input((8, 8, 1))
    flat = keras.layers.Flatten()(inputs)
    encoder = keras.Model(inputs, [keras.layers.Dense(2)(flat) for _ in range(3)])
    decoder = keras.Sequential([keras.Input((2,)), keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))])
    with pytest.raises(ValueError, match="GaussianBottleneck"):
        CAE(encoder, decoder).predict(np.zeros((2, 8, 8, 1)), verbose=0)


def test_the_strategy_of_a_model_is_one():
    assert isinstance(BasicCAE(2).distribute_strategy, tf.distribute.Strategy)
