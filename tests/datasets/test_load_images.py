"""The kinds of data that `load_images` supports, and their common options."""

import inspect
import re
import subprocess
import sys

import numpy as np
import pytest

from keras_cae.datasets import load_images
from keras_cae.datasets.sizing import Sizing

GREY = np.random.default_rng(0).integers(0, 256, (6, 9, 12), dtype=np.uint8)
COLOR = np.random.default_rng(1).integers(0, 256, (6, 9, 12, 3), dtype=np.uint8)


def test_the_documented_arguments_are_those_of_the_signature():
    section = re.search(r"Args:\n(.*?)\n\n", inspect.getdoc(load_images), re.DOTALL).group(1)
    documented = re.findall(r"^    (\w+):", section, re.MULTILINE)
    assert documented == list(inspect.signature(load_images).parameters)


def test_an_array_is_taken_as_it_is():
    data = load_images(COLOR)
    np.testing.assert_array_equal(data.images, COLOR)
    assert data.name == "array"
    assert data.notes == data.skipped == ()


@pytest.mark.parametrize("data", ["nowhere", "nowhere.npz", "mnsit"])
def test_what_does_not_exist(data):
    with pytest.raises(FileNotFoundError, match=rf"digits, mnist.* got '{data}', which does not exist"):
        load_images(data)


def test_a_file_of_another_kind(tmp_path):
    file = tmp_path / "photo.png"
    file.touch()
    with pytest.raises(ValueError, match=r"folder of images, an \.npy or \.npz.*photo\.png.*pass its folder"):
        load_images(file)


def test_what_is_neither_a_path_nor_an_array():
    with pytest.raises(TypeError, match=r"path or a NumPy array, got list.*numpy\.asarray"):
        load_images([1, 2])


def test_a_key_for_what_has_no_keys():
    with pytest.raises(ValueError, match=r"\.npz file, got key='x' for 'digits'"):
        load_images("digits", key="x")


@pytest.mark.parametrize("image_size", [0, -3, (4,), (4, 5, 6), 2.5, True])
def test_image_size_is_checked(image_size):
    with pytest.raises(ValueError, match="image_size must be"):
        load_images(GREY, image_size)


def test_resize_is_checked():
    with pytest.raises(ValueError, match="resize must be one of 'stretch', 'crop', 'pad', got 'zoom'"):
        load_images(GREY, resize="zoom")


@pytest.mark.parametrize(("image_size", "size"), [(6, (6, 6)), ((5, 7), (5, 7)), (None, (9, 12))])
def test_image_size(image_size, size):
    assert load_images(GREY, image_size).images.shape == (6, *size, 1)


@pytest.mark.parametrize(("max_side", "size"), [(6, (4, 6)), (12, (9, 12)), (None, (9, 12))])
def test_max_side_limits_the_default_size(max_side, size):
    data = load_images(GREY, max_side=max_side)
    assert data.images.shape == (6, *size, 1)
    assert bool(data.notes) == (size != (9, 12))
    assert load_images(GREY, (9, 12), max_side=max_side).images.shape == (6, 9, 12, 1)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(
    ("resize", "size"), [("stretch", (4, 3)), ("stretch", (6, 3)), ("crop", (4, 6)), ("pad", (4, 6))]
)
def test_sides_that_are_multiples_are_averaged(dtype, resize, size):
    white = 1 if dtype == "float32" else np.iinfo(dtype).max
    image = (np.random.default_rng(0).random((1, 12, 18, 3)) * white).astype(dtype)
    blocks = image.astype("float64").reshape(1, size[0], 12 // size[0], size[1], 18 // size[1], 3)
    averaged = load_images(image, size, resize).images
    np.testing.assert_allclose(averaged, blocks.mean(axis=(2, 4)), atol=1e-6 if dtype == "float32" else 0.6)


def test_transparent_pixels_do_not_count_in_averages():
    image = np.full((1, 4, 4, 4), 255, np.uint8)
    image[:, ::2] = (7, 9, 200, 0)
    halved = load_images(image, 2).images
    np.testing.assert_allclose(halved, np.full((1, 2, 2, 4), (255, 255, 255, 128)), atol=1)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_halving_preserves_constant_values(dtype):
    image = np.full((1, 8, 8, 2), 1 if dtype == "float32" else np.iinfo(dtype).max, dtype)
    image[..., 1] //= 2
    halved = load_images(image, 4).images
    assert halved.dtype == dtype
    np.testing.assert_array_equal(halved, image[:, :4, :4])


def test_crop_keeps_the_middle_and_pad_adds_black():
    image = np.zeros((1, 4, 8, 1), np.uint8)
    image[:, :, 2:6] = 200
    np.testing.assert_array_equal(load_images(image, 4, "crop").images, np.full((1, 4, 4, 1), 200))
    padded = load_images(image, 8, "pad").images
    np.testing.assert_array_equal(padded[:, 2:6], image)
    assert padded[:, [0, 1, 6, 7]].max() == 0


def test_test_images_are_resized_and_converted_too(tmp_path):
    file = tmp_path / "both.npz"
    np.savez(file, x_train=COLOR, x_test=COLOR[:2])
    data = load_images(file, image_size=5, channels=1)
    assert data.images.shape == (6, 5, 5, 1)
    assert data.test_images.shape == (2, 5, 5, 1)


def test_grey_is_the_luma_of_colors():
    colors = np.eye(3, dtype=np.uint8)[:, None, None] * np.uint8(255)
    grey = load_images(colors, channels=1).images
    np.testing.assert_array_equal(grey.ravel(), np.rint(255 * np.array([0.299, 0.587, 0.114])))


def test_what_is_transparent_becomes_white():
    red = np.array([255, 0, 0], np.uint8)
    image = np.broadcast_to(np.append(red, np.uint8(0)), (1, 2, 2, 4)).copy()
    image[0, 0, 0, 3] = 255
    colors = load_images(image, channels=3).images
    np.testing.assert_array_equal(colors[0, 0, 0], red)
    np.testing.assert_array_equal(colors[0, 1], np.full((2, 3), 255))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_grey_to_colors_and_opacity(dtype):
    white = 1 if dtype == "float32" else np.iinfo(dtype).max
    grey = (np.linspace(0, 1, 18).reshape(2, 3, 3, 1) * white).astype(dtype)
    colors = load_images(grey, channels=4).images
    assert colors.dtype == dtype
    np.testing.assert_array_equal(colors[..., :3], np.repeat(grey, 3, axis=-1))
    np.testing.assert_array_equal(colors[..., 3], white)


def test_channels_are_checked():
    with pytest.raises(ValueError, match=r"channels must be 1 .*, got 2"):
        load_images(GREY, channels=2)
    with pytest.raises(ValueError, match="images with 1, 3 or 4 channels, got 5"):
        load_images(np.zeros((2, 6, 6, 5)), channels=3)


def test_images_that_memory_cannot_hold(monkeypatch):
    monkeypatch.setattr("keras_cae.datasets.memory.available_memory", lambda: 10_000)
    with pytest.raises(ValueError, match=r"6 images of 99×99×1 would take.*--image-size"):
        load_images(GREY, 99)
    assert load_images(GREY, 20).images.shape == (6, 20, 20, 1)


def test_the_memory_of_this_machine_is_known_or_not():
    from keras_cae.datasets.memory import available_memory

    available = available_memory()
    assert available is None or available > 2**20


def test_importing_and_reading_files_needs_neither_tensorflow_nor_scikit_learn(tmp_path):
    np.save(tmp_path / "images.npy", GREY)
    code = (
        "import sys, keras_cae.datasets as d; d.load_images('images.npy').split();"
        "print({'tensorflow', 'keras', 'sklearn'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


@pytest.mark.parametrize("resize", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("size", [(40, 60), (60, 40), (33, 57)])
def test_a_map_of_a_resized_image_leads_back_to_its_places(resize, size):
    sizing = Sizing((24, 24), resize, None)
    image = np.zeros((*size, 1), "float32")
    # A spot near the centre, which is not cropped.
    rows, columns = slice(size[0] // 2, size[0] // 2 + 8), slice(size[1] // 2 - 8, size[1] // 2)
    image[rows, columns] = 1
    back = sizing.undo(sizing.apply(image, (24, 24))[..., 0], size)
    assert back.shape == size
    assert back[rows, columns].mean() > 0.7
    outside = back.copy()
    outside[rows.start - 3 : rows.stop + 3, columns.start - 3 : columns.stop + 3] = 0
    assert outside.max() < 0.1
