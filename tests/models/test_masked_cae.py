"""The masked autoencoder: its loss on the hidden patches, its metrics and its encoder."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae.drawing.reconstructions import reconstruction_rows
from keras_cae.models import MaskedCAE


def small(**arguments):
    return MaskedCAE(**{"latent_dim": 3, "filters": (4,), "ratio": 0.5, "seed": 1, **arguments})


def unmoved(images, loss="mse", **arguments):
    """A model that does not learn, evaluated on `images` as one batch, and the hidden pixels."""
    model = small(**arguments)
    model.compile(keras.optimizers.SGD(0.0), loss, metrics=["mse"], weighted_metrics=["mae"])
    corrupted = np.asarray(model.corrupt(images))
    hidden = (corrupted != images).any(axis=-1)
    return model, hidden, model.predict(corrupted, verbose=0)


@pytest.mark.slow
def test_it_fills_patches_better_than_their_mean(digits):
    train, test = digits
    model = MaskedCAE(16, patch_size=2, ratio=0.5, seed=1)
    model.compile(keras.optimizers.Adam(0.003), "mse", weighted_metrics=["mse"])
    model.fit(train, epochs=8, batch_size=32, verbose=0)
    hidden = (np.asarray(model.corrupt(test)) != test).any(axis=-1)
    mean_image = np.broadcast_to(train.mean(axis=0), test.shape)
    mean_error = ((mean_image - test) ** 2)[hidden].mean()
    assert model.evaluate(test, batch_size=len(test), verbose=0)[0] < 0.7 * mean_error


@pytest.mark.parametrize("loss", ["mse", "mae", "binary_crossentropy", keras.losses.Huber()])
def test_the_loss_is_the_mean_over_hidden_pixels(images, loss):
    model, hidden, reconstructions = unmoved(images, loss)
    function = keras.losses.get(loss)
    per_pixel = np.asarray(getattr(function, "call", function)(images, reconstructions))
    expected = np.mean([values[where].mean() for values, where in zip(per_pixel, hidden, strict=True)])
    assert model.evaluate(images, verbose=0)[0] == pytest.approx(expected, rel=1e-5)
    assert model.test_on_batch(images)[0] == pytest.approx(expected, rel=1e-5)


def test_training_hides_other_patches_in_every_step(images):
    model, *_ = unmoved(images)
    losses = model.fit(images, epochs=3, shuffle=False, verbose=0, validation_data=images).history
    assert len(set(losses["loss"])) == 3
    assert len(set(losses["val_loss"])) == 1


@pytest.mark.parametrize("ratio", [0.25, 0.75])
def test_the_figure_does_not_depend_on_the_ratio(ratio):
    """For black images, whose reconstruction does not depend on the hidden pixels, the error is that of every pixel."""
    images = np.zeros((6, 8, 8, 1), "float32")
    model, _, reconstructions = unmoved(images, ratio=ratio)
    np.testing.assert_allclose(reconstructions, np.repeat(reconstructions[:1], 6, axis=0), rtol=1e-5)
    kernel = model.decoder.get_layer("output_convolution").kernel
    kernel.assign(keras.ops.zeros_like(kernel))
    assert model.evaluate(images, verbose=0)[0] == pytest.approx(0.25)


def test_weights_of_images(images):
    weights = np.linspace(0, 3, len(images)).astype("float32")
    model, hidden, reconstructions = unmoved(images)
    errors = ((reconstructions - images) ** 2).mean(axis=-1)
    per_image = np.array([error[where].mean() for error, where in zip(errors, hidden, strict=True)])
    expected = pytest.approx((weights * per_image).mean(), rel=1e-5)
    assert model.evaluate(images, sample_weight=weights, verbose=0)[0] == expected
    pixels = np.broadcast_to(weights[:, None, None, None], (*images.shape[:3], 1))
    for of_pixels in (pixels, pixels[..., 0]):
        assert model.evaluate(images, sample_weight=of_pixels, verbose=0)[0] == expected


def test_metrics_are_of_the_completed_images(images):
    model, hidden, reconstructions = unmoved(images)
    completed = np.where(hidden[..., None], reconstructions, images)
    results = model.evaluate(images, verbose=0, return_dict=True)
    assert results["mse"] == pytest.approx(((completed - images) ** 2).mean(), rel=1e-5)
    errors = np.abs(reconstructions - images).mean(axis=-1)
    weights = hidden / hidden.mean(axis=(1, 2), keepdims=True)
    assert results["mae"] == pytest.approx((errors * weights).sum() / weights.sum(), rel=1e-5)


def test_other_targets_and_another_corruption(images):
    model = small(corruption=keras.layers.GaussianNoise(0.1, seed=3))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    corrupted = np.asarray(model.corrupt(images))
    np.testing.assert_array_equal(model.corrupt(images), corrupted)
    noise = corrupted - images
    assert np.abs(noise).max() > 0.1
    assert (noise == 0).mean() < 0.01
    hidden = np.abs(corrupted - np.roll(corrupted, 1, axis=2)).max(axis=-1) < 1e-6
    errors = ((model.predict(corrupted, verbose=0) - 0.3) ** 2).mean(axis=-1)
    loss = model.evaluate(images, np.full_like(images, 0.3), verbose=0)
    assert loss == pytest.approx(errors[hidden].mean(), rel=0.2)


def test_predicting_and_encoding_hide_nothing(images):
    model, *_ = unmoved(images)
    np.testing.assert_allclose(model.predict(images, verbose=0), model(images), rtol=1e-5)
    np.testing.assert_allclose(model.encode(images), model.encoder(images), rtol=1e-5, atol=1e-6)


def test_images_of_any_size():
    model = small(latent_dim=None)
    model.compile("adam", "mse")
    sizes = ((9, 12), (10, 11), (16, 8))
    data = tf.data.Dataset.from_generator(
        lambda: (np.random.default_rng(0).random((3, *size, 1), dtype="float32") for size in sizes),
        output_signature=tf.TensorSpec((None, None, None, 1), "float32"),
    )
    assert np.isfinite(model.fit(data, verbose=0).history["loss"]).all()


def test_the_encoder_is_fine_tuned_in_a_stock_classifier(images):
    model = small()
    model.build(images.shape)
    before = model.encoder.get_weights()
    classifier = keras.Sequential([model.encoder, keras.layers.Dense(10)])
    inputs = keras.Input(images.shape[1:])
    functional = keras.Model(inputs, classifier.layers[-1](model.encoder(inputs)))
    classifier.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    classifier.fit(images, np.arange(len(images)), epochs=3, verbose=0)
    changed = [(a != b).any() for a, b in zip(model.encoder.get_weights(), before, strict=True)]
    assert all(changed)
    np.testing.assert_allclose(functional(images), classifier(images), rtol=1e-4, atol=1e-5)


def test_the_picture_shows_what_is_hidden(images):
    model, *_ = unmoved(images)
    rows = reconstruction_rows(model, images)
    np.testing.assert_array_equal(rows["corrupted"], model.corrupt(images))


def test_a_loss_without_a_value_per_pixel_is_refused(images):
    model = small()
    model.compile("adam", lambda target, made: keras.ops.mean((target - made) ** 2, axis=(1, 2, 3)))
    with pytest.raises(ValueError, match=r"one value per pixel.*returns the shape \(None,\)"):
        model.evaluate(images, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"patch_size": 16}, r"ratio=0.5, 1 of the 1 patches of images of 9×12"),
        ({"ratio": 0.05}, r"patch_size=4 and ratio=0.05, 0 of the 9 patches of images of 9×12"),
    ],
)
def test_patches_that_are_too_large(images, arguments, message):
    with pytest.raises(ValueError, match=message):
        small(**arguments)(images)


@pytest.mark.parametrize(("argument", "value"), [("patch_size", 1.5), ("ratio", 2), ("blocks_per_level", 0)])
def test_wrong_arguments(argument, value):
    with pytest.raises(ValueError, match=f"{argument} must be"):
        MaskedCAE(3, **{argument: value})
