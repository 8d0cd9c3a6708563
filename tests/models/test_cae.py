"""The base class: data flow, inputs, weights, targets and inference."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import slow_but

import keras_cae

RNG = np.random.default_rng(0)


def networks(shape=(9, 12, 2), code=5, decoder_input=None):
    encoder = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(code)], name="encoder")
    decoder = keras.Sequential(
        [
            keras.Input((decoder_input or code,)),
            keras.layers.Dense(int(np.prod(shape)), activation="sigmoid"),
            keras.layers.Reshape(shape),
        ],
        name="decoder",
    )
    return encoder, decoder


def compiled(**arguments):
    model = keras_cae.models.CAE(*networks(), **arguments)
    model.compile(optimizer="adam", loss="mse", metrics=["mae"])
    return model


def fitted_weights(images, **arguments):
    keras.utils.set_random_seed(4)
    model = compiled()
    history = model.fit(images, batch_size=4, epochs=2, verbose=0, **arguments).history
    return history, model.get_weights()


# Custom networks


def test_networks_that_do_not_fit_are_named_with_both_shapes(images):
    model = keras_cae.models.CAE(*networks(code=5, decoder_input=6))
    with pytest.raises(ValueError, match=r"codes of shape \(None, 5\).*expects \(None, 6\)"):
        model.build(images.shape)


@pytest.mark.parametrize("wrong", [None, keras.layers.Dense(3), "encoder"])
def test_networks_must_be_models(wrong):
    encoder, decoder = networks()
    with pytest.raises(TypeError, match=r"encoder must be a keras\.Model, got"):
        keras_cae.models.CAE(wrong, decoder)
    with pytest.raises(TypeError, match=r"decoder must be a keras\.Model, got"):
        keras_cae.models.CAE(encoder, wrong)


def test_the_bottleneck_stands_between_and_its_penalty_counts(images):
    class Halve(keras.layers.Layer):
        def call(self, codes):
            self.add_loss(3 + 0 * keras.ops.mean(codes))
            return codes / 2

    model = keras_cae.models.CAE(*networks(), bottleneck=Halve())
    model.compile(loss="mse")
    np.testing.assert_allclose(model.encode(images), model.encoder.predict(images, verbose=0), rtol=1e-5, atol=1e-6)
    error = np.mean((model.predict(images, verbose=0) - images) ** 2)
    logs = model.evaluate(images, verbose=0, return_dict=True)
    assert logs == pytest.approx({"loss": error + 3, "reconstruction_loss": error}, rel=1e-5)


def test_fully_convolutional_networks_serve_every_size():
    encoder = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(2, 3, padding="same")])
    decoder = keras.Sequential([keras.Input((None, None, 2)), keras.layers.Conv2D(1, 3, padding="same")])
    model = keras_cae.models.CAE(encoder, decoder)
    for size in ((8, 8), (11, 6)):
        assert model.predict(np.zeros((2, *size, 1)), verbose=0).shape == (2, *size, 1)


def test_colour_from_grey():
    grey, colour = RNG.random((8, 6, 6, 1)), RNG.random((8, 6, 6, 3))
    encoder, decoder = networks(shape=(6, 6, 3))
    model = keras_cae.models.CAE(encoder, decoder)
    model.compile(optimizer="adam", loss="mse")
    model.fit(grey, colour, verbose=0)
    assert model.predict(grey, verbose=0).shape == colour.shape
    with pytest.raises(ValueError, match="Pass target images of the reconstruction's shape as y"):
        model.fit(grey, verbose=0)


# Images and targets


@pytest.mark.parametrize("dtype", slow_but(["uint8"], ["uint8", "int32"]))
def test_integer_images_are_scaled_by_their_type(images, dtype):
    integers = (images * np.iinfo(dtype).max).astype(dtype)
    floats = (integers / np.iinfo(dtype).max).astype("float32")
    history, weights = fitted_weights(integers)
    float_history, float_weights = fitted_weights(floats)
    assert history["loss"] == pytest.approx(float_history["loss"], rel=1e-5)
    for weight, float_weight in zip(weights, float_weights, strict=True):
        np.testing.assert_allclose(weight, float_weight, rtol=1e-4, atol=1e-6)
    model = compiled()
    for result in (model.encode, lambda x: model.predict(x, verbose=0), lambda x: model(x).numpy()):
        np.testing.assert_allclose(result(integers), result(floats), rtol=1e-4, atol=1e-6)
    assert model.evaluate(integers, verbose=0) == pytest.approx(model.evaluate(floats, verbose=0), rel=1e-5)


def test_integer_targets_are_scaled_too(images):
    integers = (images * 255).astype("uint8")
    float_target = fitted_weights(images, y=integers / np.float32(255))
    assert fitted_weights(images, y=integers)[0]["loss"] == pytest.approx(float_target[0]["loss"], rel=1e-5)


def test_booleans_are_zero_and_one(images):
    masks = images > 0.5
    model = compiled()
    np.testing.assert_array_equal(model.encode(masks), model.encode(masks.astype("float32")))


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_eight_bit_images_in_a_wide_type_are_refused(images, dtype):
    with pytest.raises(ValueError, match=rf"x has the type {dtype}.*astype\('uint8'\)"):
        compiled().fit((images * 255).astype(dtype), verbose=0)


@pytest.mark.parametrize("labels", [np.arange(10), np.arange(10.0), np.eye(10)], ids=["int", "float", "one-hot"])
@pytest.mark.parametrize("as_dataset", [False, True])
def test_class_labels_as_targets_are_refused_with_the_remedy(images, labels, as_dataset):
    data = (tf.data.Dataset.from_tensor_slices((images, labels)).batch(4),) if as_dataset else (images, labels)
    for method in (compiled().fit, compiled().evaluate):
        with pytest.raises(ValueError, match=r"reconstruction \(None, 9, 12, 2\).*labels=None"):
            method(*data, verbose=0)


@pytest.mark.parametrize("built", [False, True])
def test_grey_images_without_channel_axis_are_refused_with_the_remedy(images, built):
    model = compiled()
    if built:
        model.build(images.shape)
    for method in (model.fit, model.evaluate, model.predict):
        with pytest.raises(ValueError, match=r"got \(.*, 9, 12\).*images\[\.\.\., None\]"):
            method(images[..., 0], verbose=0)


def test_images_of_another_shape_than_the_model_was_built_for(images):
    model = compiled()
    model.fit(images, verbose=0)
    for method in (model.fit, model.predict):
        with pytest.raises(ValueError, match=r"built for images of shape \(9, 12, 2\).*got \(8, 12, 2\)"):
            method(images[:, :8], verbose=0)
    with pytest.raises(ValueError, match=r"built for images of shape"):
        model.encode(images[:, :8])


def test_images_of_unknown_rank_are_refused():
    def generate():
        yield np.zeros((4, 9, 12, 2), "float32")

    data = tf.data.Dataset.from_generator(generate, output_types="float32")
    with pytest.raises(ValueError, match="rank"):
        compiled().fit(data, verbose=0)


@pytest.mark.parametrize("jit_compile", slow_but([False], [False, True]))
@pytest.mark.parametrize("as_dataset", [False, True])
@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_values_that_a_sigmoid_cannot_reach_stop_the_first_batch(images, as_dataset, jit_compile, method):
    model = keras_cae.models.CAE(*networks())
    model.compile(optimizer="adam", loss="binary_crossentropy", jit_compile=jit_compile)
    model.build(images.shape)
    before = model.get_weights()
    data = images * 255
    if as_dataset:
        data = tf.data.Dataset.from_tensor_slices(data).batch(2)
    with pytest.raises(ValueError, match=r"'sigmoid' has values from 0 to 1, but .* to 25\d.* divide them by 255"):
        getattr(model, method)(data, verbose=0)
    for weight, kept in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, kept)
    model.fit(images, verbose=0)  # and the model is unchanged


@pytest.mark.parametrize(("as_dataset", "output"), [(False, "sigmoid"), (True, "sigmoid"), (False, "linear")])
def test_values_that_are_not_a_number_stop_the_first_batch(images, as_dataset, output):
    model = keras_cae.models.BasicCAE(2, filters=(2, 2), output_activation=output)
    model.compile(optimizer="adam", loss="mse")
    data = images.copy()
    data[1, 2, 3] = np.nan
    if as_dataset:
        data = tf.data.Dataset.from_tensor_slices(data).batch(2)
    with pytest.raises(ValueError, match=r"has values that are not a number \(NaN\). Leave these images out"):
        model.fit(data, verbose=0)


def test_validation_data_out_of_range_are_refused(images):
    with pytest.raises(ValueError, match="sigmoid"):
        compiled().fit(images, validation_data=images * 255, verbose=0)


@pytest.mark.parametrize(
    ("activation", "values"), [("linear", (-9, 300)), ("tanh", (-1, 1)), ("sigmoid", (-0.05, 1.05))]
)
def test_values_within_reach_are_taken(images, activation, values):
    model = keras_cae.models.BasicCAE(2, filters=(2, 2), output_activation=activation)
    model.compile(optimizer="adam", loss="mse")
    low, high = values
    history = model.fit(low + (high - low) * images, verbose=0).history
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize("value", [1.5, np.nan, np.inf])
@pytest.mark.parametrize("arguments", slow_but([{}], [{}, {"run_eagerly": True}, {"steps_per_execution": 2}]))
def test_a_later_batch_that_is_refused_changes_nothing(images, value, arguments):
    """A rejected batch has no effect, and the effect of earlier batches is kept."""

    def trained(count):
        keras.utils.set_random_seed(4)
        model = compiled()
        model.compile("adam", "mse", **arguments)
        data = images.copy()
        data[8] = value
        return model, tf.data.Dataset.from_tensor_slices(data).batch(2).take(count)

    model, data = trained(5)
    with pytest.raises(ValueError, match=r"x has values.*found in epoch 1, batch 5"):
        model.fit(data, verbose=0)
    expected, data = trained(4)
    expected.fit(data, verbose=0)
    for ours, theirs in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(model.optimizer.variables, expected.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    model.fit(images, verbose=0)


# Weights


def test_one_weight_per_image_weights_images():
    """This also holds if the batch size equals the image width, in which case stock Keras weights columns."""
    images = RNG.random((12, 9, 12, 2), dtype="float32")
    weights = np.linspace(0, 1, 12, dtype="float32")
    model = compiled()
    error = np.mean((model.predict(images, verbose=0) - images) ** 2, axis=(1, 2, 3))
    for shape in ((12,), (12, 1), (12, 1, 1)):
        loss = model.evaluate(images, sample_weight=weights.reshape(shape), batch_size=12, verbose=0)[0]
        assert loss == pytest.approx(np.mean(error * weights), rel=1e-5)


def test_weights_as_a_list_or_a_tensor(images):
    weights = np.linspace(0, 1, 10, dtype="float32")
    model = compiled()
    expected = model.evaluate(images, sample_weight=weights, verbose=0)
    for given in (weights.tolist(), tf.constant(weights)):
        assert model.evaluate(images, sample_weight=given, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert np.isfinite(model.fit(images, sample_weight=weights.tolist(), verbose=0).history["loss"]).all()


def test_weights_per_pixel(images):
    weights = np.zeros(images.shape[:3], "float32")
    weights[:, 2, 3] = 1
    model = compiled()
    error = (model.predict(images, verbose=0) - images) ** 2
    loss = model.evaluate(images, sample_weight=weights, verbose=0)[0]
    assert loss == pytest.approx(np.mean(error[:, 2, 3]) / (9 * 12), rel=1e-5)


def test_weights_of_the_wrong_length_are_refused(images):
    with pytest.raises(ValueError, match="cardinality"):
        compiled().fit(images, sample_weight=np.ones(3), verbose=0)


def test_class_weight_is_refused(images):
    with pytest.raises(ValueError, match=r"class_weight.*sample_weight"):
        compiled().fit(images, class_weight={0: 1.0}, verbose=0)


# Logs


def test_each_metric_is_reported_once(images):
    model = compiled()
    history = model.fit(images, batch_size=4, validation_data=images, verbose=0).history
    assert list(history) == ["loss", "mae", "val_loss", "val_mae"]
    assert len(model.evaluate(images, verbose=0)) == 2
    assert list(model.evaluate(images, verbose=0, return_dict=True)) == ["loss", "mae"]


def test_the_loss_is_the_mean_over_images(images):
    model = compiled()
    error = np.mean((model.predict(images, verbose=0) - images) ** 2)
    assert model.evaluate(images, batch_size=4, verbose=0)[0] == pytest.approx(error, rel=1e-5)


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])  # the latter wraps the optimizer
def test_the_step_is_traced_once(images, precision, monkeypatch):
    """Stock Keras traces its first step twice, because it creates the state of the optimizer inside."""
    traces = []
    step = keras_cae.models.CAE.train_step
    monkeypatch.setattr(keras_cae.models.CAE, "train_step", lambda *args: traces.append(1) or step(*args))
    model = keras_cae.models.BasicCAE(latent_dim=2, filters=(2, 3), dtype=precision)
    model.compile("adam", "mse", metrics=[keras.metrics.MeanAbsoluteError()])
    model.fit(images, batch_size=4, epochs=2, verbose=0)
    assert len(traces) == 1


def test_single_batches(images):
    model = compiled()
    expected = model.evaluate(images, verbose=0)
    assert model.test_on_batch(images) == pytest.approx(expected, rel=1e-5)
    first = model.train_on_batch(images)
    assert model.train_on_batch(images)[0] < first[0] * 1.01
    weighted = model.train_on_batch(images, sample_weight=np.zeros(10))
    assert weighted[0] != first[0]


def test_a_frozen_model_evaluates_and_warns_in_fit(images):
    model = compiled()
    model.trainable = False
    model.compile(optimizer="adam", loss="mse")
    with pytest.warns(UserWarning, match="trainable weights"):
        model.fit(images, verbose=0)


# Inference


def test_encode_and_decode_join_batches(images):
    model = compiled()
    codes = model.encode(images, batch_size=3)
    assert isinstance(codes, np.ndarray)
    np.testing.assert_allclose(codes, model.encoder.predict(images, verbose=0), rtol=1e-5, atol=1e-6)
    reconstructions = model.decode(codes, batch_size=4)
    np.testing.assert_allclose(reconstructions, model.predict(images, verbose=0), rtol=1e-5, atol=1e-6)


def test_encode_takes_datasets_lists_and_nothing(images):
    model = compiled()
    codes = model.encode(images)
    data = tf.data.Dataset.from_tensor_slices((images, np.arange(10))).batch(4)
    np.testing.assert_allclose(model.encode(data), codes, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.encode(images.tolist()), codes, rtol=1e-5, atol=1e-6)
    for empty in (images[:0], data.take(0)):
        with pytest.raises(ValueError, match="at least one image"):
            model.encode(empty)


def test_encode_is_differentiable_for_tensors(images):
    model = compiled()
    tensor = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        codes = model.encode(tensor)
    assert isinstance(codes, tf.Tensor)
    assert np.abs(tape.gradient(codes, tensor)).max() > 0


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("count", [1, 3])
def test_a_single_batch_is_predicted_without_a_pipeline(images, dtype, count, monkeypatch):
    model = keras_cae.models.BasicCAE(2, filters=(2, 2))
    model.compile("adam", "mse")
    batch = (255 * images[:count]).astype(dtype) if dtype == "uint8" else images[:count]
    expected = model.predict(tf.data.Dataset.from_tensors(batch), verbose=0)
    with monkeypatch.context() as patched:
        patched.setattr(tf.data.Dataset, "__iter__", None)
        found = model.predict(batch, verbose=0)
    assert type(found) is np.ndarray
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_single_batch_with_invalid_values_is_refused(images):
    model = compiled()
    with pytest.raises(ValueError, match="NaN"):
        model.predict(np.full_like(images[:1], np.nan), verbose=0)


def test_bfloat16_codes_are_numpy_floats(images):
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert keras_cae.models.BasicCAE(2, filters=(2, 2)).encode(images).dtype == np.float32


def test_encoder_and_decoder_are_models_of_their_own(images, capsys):
    model = keras_cae.models.BasicCAE(3, filters=(2, 2))
    model.build(images.shape)
    for network, data in ((model.encoder, images), (model.decoder, np.zeros((4, 3)))):
        assert len(network.predict(data, verbose=0)) == len(data)
        network.summary()
        assert "Total params" in capsys.readouterr().out


def test_the_summary_shows_the_parts(images, capsys):
    model = keras_cae.models.BasicCAE(3, filters=(2, 2), corruption=keras.layers.GaussianNoise(0.1))
    model.build(images.shape)
    model.summary()
    out = capsys.readouterr().out
    positions = [out.index(part) for part in ("gaussian_noise", "encoder", "bottleneck", "decoder")]
    assert positions == sorted(positions)


def test_a_cae_is_a_layer_of_a_functional_model(images):
    model = compiled()
    inputs = keras.Input(images.shape[1:])
    functional = keras.Model(inputs, model(inputs))
    np.testing.assert_allclose(functional.predict(images, verbose=0), model.predict(images, verbose=0), rtol=1e-5)
    assert model.compute_output_shape((4, 9, 12, 2)) == (4, 9, 12, 2)


# Distribution


@pytest.mark.slow
def test_two_replicas_train_as_one_device(images, two_replicas):
    def train():
        model = compiled()
        model.compile(optimizer=keras.optimizers.SGD(0.5), loss="mse")
        history = model.fit(images, batch_size=4, epochs=2, shuffle=False, verbose=0).history
        return history["loss"], model.get_weights()

    keras.utils.set_random_seed(4)
    loss, weights = train()
    keras.utils.set_random_seed(4)
    with two_replicas.scope():
        replica_loss, replica_weights = train()
    assert replica_loss == pytest.approx(loss, rel=1e-5)
    for weight, replica_weight in zip(weights, replica_weights, strict=True):
        np.testing.assert_allclose(replica_weight, weight, rtol=1e-4, atol=1e-6)


def test_two_replicas_report_values_out_of_range(images, two_replicas):
    with two_replicas.scope():
        model = compiled()
    with pytest.raises(ValueError, match="sigmoid"):
        model.fit(tf.data.Dataset.from_tensor_slices(images * 255).batch(4), verbose=0)


def test_graphs_from_the_symbolic_input(images):
    model = keras_cae.models.VariationalCAE(3, filters=(2, 4))
    with pytest.raises(AttributeError, match="VariationalCAE has no encoder before it is built"):
        _ = model.input
    model.build(images.shape)
    codes, reconstructions = keras.Model(model.input, [model.encoder.output, model.output]).predict(images, verbose=0)
    np.testing.assert_allclose(codes, model.encode(images), atol=1e-6)
    np.testing.assert_allclose(reconstructions, model.predict(images, verbose=0), atol=1e-6)


def test_files_that_could_not_be_loaded_are_refused(images, tmp_path):
    model = keras_cae.models.BasicCAE(3, filters=(2, 4))
    model.build(images.shape)
    with pytest.raises(ValueError, match=r"filepath must end in '.keras', got '.*model.h5'"):
        model.save(tmp_path / "model.h5")
    with pytest.raises(ValueError, match="can't be quantized in place"):
        model.quantize("int8")


def test_what_a_base_of_two_networks_needs():
    class Mine(keras_cae.models.CAE):
        def __init__(self):
            super().__init__()

    with pytest.raises(TypeError, match=r"needs two networks, CAE\(encoder, decoder\).*PyramidCAE"):
        Mine()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size must be a positive integer, got 0"),
        ({"epochs": -1}, "epochs must be an integer, zero or above, got -1"),
        ({"sample_weight": "abc"}, "sample_weight must contain real numbers"),
    ],
)
def test_wrong_arguments_of_fit(images, arguments, message):
    model = keras_cae.models.BasicCAE(3, filters=(2, 4))
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match=message):
        model.fit(images, verbose=0, **arguments)


def test_threads_may_evaluate_at_once(images):
    model = keras_cae.models.BasicCAE(2, filters=(2,))
    model.compile("adam", "mse", metrics=[keras_cae.metrics.PSNR()])
    expected = model.evaluate(images, batch_size=2, verbose=0)
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda _: model.evaluate(images, batch_size=2, verbose=0), range(12)))
    assert results == [expected] * 12
