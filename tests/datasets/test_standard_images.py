"""The interpretation of arrays by their dtype and scale."""

import numpy as np
import pytest

from keras_cae.datasets import load_images

UNIT = np.linspace(0, 1, 60).reshape(2, 5, 6, 1)
BYTES = np.rint(UNIT * 255)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_in_the_unit_interval(dtype):
    data = load_images(UNIT.astype(dtype))
    assert data.images.dtype == np.float32
    np.testing.assert_array_equal(data.images, UNIT.astype(dtype).astype("float32"))
    assert data.notes == ()


def test_a_little_overshoot_is_left_alone():
    images = UNIT * 1.04 - 0.02
    np.testing.assert_array_equal(load_images(images).images, images.astype("float32"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_up_to_255_are_scaled_with_a_note(dtype):
    data = load_images(BYTES.astype(dtype))
    np.testing.assert_allclose(data.images, BYTES / 255, rtol=1e-6)
    assert data.images.dtype == np.float32
    assert data.notes == ("data has floats from 0 to 255: they were divided by 255.",)


@pytest.mark.parametrize("images", [UNIT * 2 - 1, UNIT * 16, UNIT * 255 - 127.5, UNIT * 1000 + 1])
def test_floats_of_an_unknown_scale_are_refused_with_a_remedy_that_works(images):
    with pytest.raises(ValueError, match=r"from 0 to 1.* Scale the images: ") as error:
        load_images(images)
    remedy = str(error.value).split("Scale the images: ")[1].rstrip(".")
    np.testing.assert_allclose(eval(remedy), UNIT, atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(value):
    images = UNIT.copy()
    images[1, 2, 3] = value
    with pytest.raises(ValueError, match="NaN or infinite"):
        load_images(images)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "uint16"])
def test_integers_up_to_255_are_bytes(dtype):
    data = load_images(BYTES.astype(dtype))
    assert data.images.dtype == np.uint8
    np.testing.assert_array_equal(data.images, BYTES)
    assert len(data.notes) == (dtype != "uint8")


@pytest.mark.parametrize("dtype", ["uint16", "int32"])
def test_integers_beyond_are_sixteen_bits(dtype):
    images = np.rint(UNIT * 60_000).astype(dtype)
    data = load_images(images)
    assert data.images.dtype == np.uint16
    np.testing.assert_array_equal(data.images, images)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64"])
def test_zeros_and_ones_are_black_and_white(dtype):
    images = (UNIT > 0.5).astype(dtype)
    data = load_images(images)
    assert data.images.dtype == np.uint8
    np.testing.assert_array_equal(data.images, images.astype("uint8") * 255)
    assert len(data.notes) == (dtype != "bool")


def test_dark_integers_get_a_note():
    (note,) = load_images(np.rint(UNIT * 16).astype("uint8")).notes
    assert "largest value of data is 16, where white is 255" in note
    assert len(load_images(np.rint(UNIT * 4095).astype("uint16")).notes) == 1


@pytest.mark.parametrize("images", [np.full((2, 5, 6), -1), np.full((2, 5, 6), 65_536)])
def test_integers_that_are_no_pixels(images):
    with pytest.raises(ValueError, match=r"from 0 to 255 \(8 bits\) or to 65535"):
        load_images(images)


@pytest.mark.parametrize("dtype", ["complex64", "U3", "object", "datetime64[s]"])
def test_what_is_no_number_is_refused(dtype):
    with pytest.raises(ValueError, match="must contain numbers"):
        load_images(np.zeros((2, 5, 6), dtype))


@pytest.mark.parametrize("shape", [(64,), (10, 64), (28, 28, 3), (2, 3, 4, 5, 6)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"shape \(n, height, width, channels\).*image\[None\]"):
        load_images(np.zeros(shape, "uint8"))


def test_no_images_are_refused():
    with pytest.raises(ValueError, match=r"must contain images, got an empty array of shape \(0, 8, 8, 1\)"):
        load_images(np.zeros((0, 8, 8, 1)))


def test_channels_first_are_moved_with_a_note():
    images = np.random.default_rng(0).random((2, 3, 5, 6)).astype("float32")
    data = load_images(images)
    np.testing.assert_array_equal(data.images, images.transpose(0, 2, 3, 1))
    assert "channels first" in data.notes[0]
    assert load_images(np.zeros((2, 3, 6, 4))).images.shape == (2, 3, 6, 4)


def test_arrays_that_belong_together_are_scaled_alike(tmp_path):
    np.savez(tmp_path / "both.npz", x_train=BYTES, x_test=BYTES[:1] / 10)
    data = load_images(tmp_path / "both.npz")
    np.testing.assert_allclose(data.test_images, BYTES[:1] / 2550, rtol=1e-6)
    np.savez(tmp_path / "both.npz", x_train=BYTES, x_test=BYTES.astype("uint8"))
    with pytest.raises(ValueError, match=r"same dtype and size, got float64.*and uint8"):
        load_images(tmp_path / "both.npz")
