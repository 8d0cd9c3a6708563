"""What pictures of reconstructions show."""

import keras
import numpy as np
import pytest
from skimage.color import rgb2lab

import keras_cae
from keras_cae.callbacks import image_grid
from keras_cae.callbacks.color_map import color_table, colors_of
from keras_cae.callbacks.image_grid import ERROR_SCALE, draw_reconstructions, reconstruction_grid
from keras_cae.callbacks.image_tiles import color_tiles, image_tiles


def random_images(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype="float32")


def positions(picture, tile):
    """Where in a picture a tile is: `(top, left)` of every place."""
    height, width = tile.shape[:2]
    beginnings = np.argwhere((picture == tile[0, 0]).all(axis=-1))
    return [
        (top, left)
        for top, left in beginnings
        if np.array_equal(picture[top : top + height, left : left + width], tile)
    ]


def position(picture, tile):
    """The same, where there is one place."""
    (place,) = positions(picture, tile)
    return place


def has_ink(area):
    return area.min() < 100


# The grid


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_rows_and_columns(channels):
    rows = {name: random_images(3, 9, 14, channels, seed=seed) for seed, name in enumerate(("a", "b", "c"))}
    picture = reconstruction_grid(rows)
    assert picture.dtype == "uint8"
    assert picture.shape[2] == 3
    places = np.array([[position(picture, tile) for tile in image_tiles(row)] for row in rows.values()])
    assert (np.diff(places[..., 0], axis=0) >= 9 * 5).all(), "rows come from top to bottom"
    assert (np.diff(places[..., 1], axis=1) >= 14 * 5).all(), "columns come from left to right"
    assert np.ptp(places[..., 0], axis=1).max() == 0
    assert np.ptp(places[..., 1], axis=0).max() == 0


def test_rows_have_their_names_at_the_left():
    images = random_images(2, 8, 8, 1)
    picture = reconstruction_grid({"input": images, "": images[::-1]})
    tile = image_tiles(images)[0]
    (first_top, left), (second_top, _) = positions(picture, tile)
    assert has_ink(picture[first_top : first_top + 64, : left - 1])
    assert not has_ink(picture[second_top : second_top + 64, : left - 1])


def test_captions_stand_below_their_images():
    images = random_images(2, 8, 8, 1)
    plain = reconstruction_grid({"input": images})
    picture = reconstruction_grid({"input": images}, captions={"dB": ["", "12.3"]})
    top, left = position(picture, image_tiles(images)[1])
    assert picture.shape[0] > plain.shape[0]
    captions = picture[top + 65 :]
    assert has_ink(captions[:, left : left + 64])
    assert not has_ink(captions[:, left - 64 : left])
    assert has_ink(captions[:, : left - 72])


def test_errors_are_drawn_in_colors_of_a_fixed_scale_with_its_key():
    images = random_images(1, 8, 8, 3)
    error = np.linspace(0, 2 * ERROR_SCALE, 64).reshape(1, 8, 8)
    picture = reconstruction_grid({"input": images}, error=error)
    table = color_table()
    expected = table[np.rint(np.clip(error[0] / ERROR_SCALE, 0, 1) * 255).astype(int)]
    top, left = position(picture, expected.repeat(8, axis=0).repeat(8, axis=1))
    key = picture[top : top + 64, : left - 1].reshape(-1, 3)
    shown = [index for index, color in enumerate(table) if (key == color).all(axis=-1).any()]
    assert len(shown) > 25
    assert shown[0] < 10
    assert shown[-1] > 245


def test_rows_of_different_sizes():
    small, large = random_images(2, 4, 6, 1), random_images(2, 90, 150, 3)
    picture = reconstruction_grid({"input": small, "reconstruction": large})
    places = [[position(picture, tile) for tile in image_tiles(row)] for row in (small, large)]
    centers = [[left + width // 2 for _, left in row] for row, width in zip(places, (66, 150), strict=True)]
    assert centers[0] == centers[1]


def test_many_columns_make_larger_text():
    images = random_images(8, 28, 28, 1)
    tile = image_tiles(images)[0]
    few, many = (reconstruction_grid({"reconstruction": images[:count]}) for count in (1, 8))
    assert position(many, tile)[1] > 1.4 * position(few, tile)[1]


# Tiles


@pytest.mark.parametrize(
    ("size", "shown"),
    [((8, 8), (64, 64)), ((28, 28), (84, 84)), ((9, 14), (45, 70)), ((64, 3), (64, 3)), ((1, 1), (64, 64))],
)
def test_small_images_are_enlarged_by_whole_factors(size, shown):
    images = random_images(2, *size, 1)
    factor = shown[0] // size[0]
    expected = np.rint(images * 255).astype("uint8").repeat(factor, axis=1).repeat(factor, axis=2).repeat(3, axis=3)
    assert expected.shape[1:3] == shown
    np.testing.assert_array_equal(image_tiles(images), expected)


def test_large_images_are_shrunk_by_averaging():
    images = random_images(1, 513, 514, 3)
    tiles = image_tiles(images)
    assert tiles.shape == (1, 171, 172, 3)
    np.testing.assert_allclose(tiles[0, 0, 0], images[0, :3, :3].mean(axis=(0, 1)) * 255, atol=0.51)
    np.testing.assert_allclose(tiles[0, -1, -1], images[0, -3:, -1:].mean(axis=(0, 1)) * 255, atol=0.51)


def test_two_channels_are_shown_by_their_mean_and_five_by_the_first_three():
    two, five = random_images(1, 64, 64, 2), random_images(1, 64, 64, 5)
    mean = two.mean(axis=-1, keepdims=True)
    np.testing.assert_array_equal(image_tiles(two), image_tiles(mean))
    np.testing.assert_array_equal(image_tiles(five), image_tiles(five[..., :3]))


def test_the_fourth_channel_is_opacity_over_a_checkerboard():
    images = random_images(1, 64, 64, 4)
    images[0, :32, :, 3], images[0, 32:, :, 3] = 1, 0
    tile = image_tiles(images)[0]
    np.testing.assert_array_equal(tile[:32], image_tiles(images[..., :3])[0, :32])
    assert set(np.unique(tile[32:])) == {217, 255}
    assert (tile[40:48, 0:8] != tile[40:48, 8:16]).all()


def test_values_that_no_screen_has():
    images = np.array([-1.0, 2.0, np.nan, np.inf]).reshape(4, 1, 1, 1)
    assert image_tiles(images)[:, 0, 0, 0].tolist() == [0, 255, 0, 255]


# Colours


def test_colors_become_lighter_evenly():
    lightness = rgb2lab(color_table()[None])[0, :, 0]
    assert lightness[0] < 5
    assert lightness[-1] > 90
    assert (np.diff(lightness[::4]) > 0).all()
    middle = lightness[[64, 128, 192]]
    np.testing.assert_allclose(np.diff(middle), np.diff(middle).mean(), rtol=0.15)


def test_colors_beyond_the_scale():
    table = color_table()
    values = np.array([-1.0, 0.0, 1.0, 7.0, np.nan, np.inf])
    np.testing.assert_array_equal(colors_of(values), table[[0, 0, 255, 255, 255, 255]])
    assert color_tiles(np.zeros((2, 8, 9))).shape == (2, 64, 72, 3)


# Reconstructions


@pytest.fixture
def drawn(monkeypatch):
    """What `draw_reconstructions` hands to `reconstruction_grid`."""
    calls = []

    def record(rows, error=None, captions=None):
        calls.append({"rows": rows, "error": error, "captions": captions})
        return reconstruction_grid(rows, error, captions)

    monkeypatch.setattr(image_grid, "reconstruction_grid", record)
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
    for tile in image_tiles(images):
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


class Blinds(keras.layers.Layer):
    """Hides random pixels, as the corruption of a masked model does."""

    def __init__(self):
        super().__init__()
        self.generator = keras.random.SeedGenerator(4)

    def draw(self, images):
        return keras.random.uniform(keras.ops.shape(images)[:3], seed=self.generator) < 0.3

    def call(self, images, training=None):
        return keras.ops.where(self.draw(images)[..., None], 0.5, images)


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
    position(draw_reconstructions(model, images), image_tiles(expected)[0])


def test_random_numbers_of_inference_stay_as_they_are():
    noise = AlwaysNoisy()
    model = keras.Sequential([noise])
    images = random_images(2, 8, 8, 1)
    model(images)
    before = keras.ops.convert_to_numpy(noise.generator.state)
    draw_reconstructions(model, images)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(noise.generator.state), before)


class AlwaysNoisy(keras.layers.Layer):
    """Noise at inference too."""

    def __init__(self):
        super().__init__()
        self.generator = keras.random.SeedGenerator(0)

    def call(self, inputs):
        return inputs + 0.1 * keras.random.normal(keras.ops.shape(inputs), seed=self.generator)


def test_a_model_that_makes_no_images():
    model = keras.Sequential([keras.layers.Flatten()], name="classifier")
    with pytest.raises(ValueError, match="The model 'classifier' must make images of shape"):
        draw_reconstructions(model, random_images(2, 8, 8, 1))
