"""Pictures of images and their reconstructions."""

import keras
import numpy as np
import pytest
from pixels import position, random_images

import keras_cae
from keras_cae.drawing import reconstructions
from keras_cae.drawing.image_grid import draw_image_grid
from keras_cae.drawing.reconstructions import draw_reconstructions
from keras_cae.drawing.thumbnails import thumbnails
from keras_cae.layers.corruption import weights_of_hidden


@pytest.fixture
def drawn(monkeypatch):
    """The arguments that `draw_reconstructions` passes to `draw_image_grid`."""
    calls = []

    def record(rows, error=None, captions=None):
        calls.append({"rows": rows, "error": error, "captions": captions})
        return draw_image_grid(rows, error, captions)

    monkeypatch.setattr(reconstructions, "draw_image_grid", record)
    return calls


def darkening_model(**kwargs):
    """Makes images darker by 0.1."""
    encoder = keras.Sequential([keras.layers.Identity()])
    decoder = keras.Sequential([keras.layers.Rescaling(1.0, offset=-0.1)])
    return keras_cae.models.CAE(encoder, decoder, **kwargs)


@pytest.mark.parametrize("plain_keras", [True, False])
def test_draws_input_reconstruction_error_and_psnr(drawn, plain_keras):
    model = keras.Sequential([keras.layers.Rescaling(1.0, offset=-0.1)]) if plain_keras else darkening_model()
    images = random_images(3, 8, 8, 3)
    picture = draw_reconstructions(model, images)
    (content,) = drawn
    assert list(content["rows"]) == ["input", "reconstruction"]
    np.testing.assert_array_equal(content["rows"]["input"], images)
    np.testing.assert_allclose(content["rows"]["reconstruction"], images - 0.1, atol=1e-6)
    np.testing.assert_allclose(content["error"], np.full((3, 8, 8), 0.1), atol=1e-6)
    assert content["captions"] == {"PSNR, dB": ["20.0"] * 3}
    for tile in thumbnails(images):
        position(picture, tile)


def test_draws_the_corrupted_input_with_the_same_noise_every_time(drawn):
    model = darkening_model(corruption=keras.layers.GaussianNoise(0.3))
    images = random_images(2, 8, 8, 1)
    first, second = (draw_reconstructions(model, images) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    rows = drawn[0]["rows"]
    assert list(rows) == ["input", "corrupted", "reconstruction"]
    assert 0.1 < np.abs(rows["corrupted"] - images).mean() < 0.4
    np.testing.assert_allclose(rows["reconstruction"], rows["corrupted"] - 0.1, atol=1e-6)


class Blinds(keras_cae.layers.Corruption):
    """Hides random pixels, and restricts the loss to them."""

    def __init__(self):
        super().__init__()
        self.generator = keras.random.SeedGenerator(4)

    def corrupt(self, images):
        hidden = keras.random.uniform(keras.ops.shape(images)[:3], seed=self.generator) < 0.3
        return keras.ops.where(hidden[..., None], 0.5, images), weights_of_hidden(hidden)


def test_draws_the_pixels_that_a_corruption_hides(drawn):
    images = random_images(2, 8, 9, 3)
    draw_reconstructions(darkening_model(corruption=Blinds()), images)
    rows = drawn[0]["rows"]
    assert list(rows) == ["input", "hidden", "corrupted", "reconstruction"]
    hidden = (rows["corrupted"] != images).any(axis=-1, keepdims=True)
    assert 0.1 < hidden.mean() < 0.5
    np.testing.assert_array_equal(rows["hidden"], hidden)


def test_integer_images_are_scaled(drawn):
    images = (random_images(2, 8, 8, 1) * 255).astype("uint8")
    draw_reconstructions(darkening_model(), images)
    np.testing.assert_allclose(drawn[0]["rows"]["input"], images / 255, atol=1e-6)
    np.testing.assert_allclose(drawn[0]["error"], 0.1, atol=1e-6)


def test_images_that_can_not_be_compared_have_no_error(drawn):
    draw_reconstructions(keras.Sequential([keras.layers.UpSampling2D()]), random_images(2, 8, 8, 1))
    assert drawn[0]["rows"]["reconstruction"].shape == (2, 16, 16, 1)
    assert drawn[0]["error"] is drawn[0]["captions"] is None


def test_half_precision():
    model = keras.Sequential([keras.layers.Rescaling(1.0, dtype="mixed_bfloat16")])
    images = random_images(2, 8, 8, 1)
    assert model(images).dtype == "bfloat16"
    expected = keras.ops.convert_to_numpy(keras.ops.cast(model(images), "float32"))
    position(draw_reconstructions(model, images), thumbnails(expected)[0])


def test_random_numbers_of_inference_stay_as_they_are():
    noise = AlwaysNoisy()
    model = keras.Sequential([noise])
    images = random_images(2, 8, 8, 1)
    model(images)
    before = keras.ops.convert_to_numpy(noise.generator.state)
    draw_reconstructions(model, images)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(noise.generator.state), before)


class AlwaysNoisy(keras.layers.Layer):
    """Adds noise at inference, too."""

    def __init__(self):
        super().__init__()
        self.generator = keras.random.SeedGenerator(0)

    def call(self, inputs):
        return inputs + 0.1 * keras.random.normal(keras.ops.shape(inputs), seed=self.generator)


def test_a_model_that_makes_no_images():
    model = keras.Sequential([keras.layers.Flatten()], name="classifier")
    with pytest.raises(ValueError, match=r"The model 'classifier' must return signals .*, images .*, volumes .*, got"):
        draw_reconstructions(model, random_images(2, 8, 8, 1))
