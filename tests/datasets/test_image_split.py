"""The parts for training, validation and testing."""

import numpy as np
import pytest

from keras_cae.datasets import ImageData

NUMBERED = np.arange(100, dtype=np.uint8).reshape(100, 1, 1, 1)


def test_every_image_is_in_one_part():
    parts = ImageData(NUMBERED, "numbers").split()
    assert [len(part) for part in parts] == [70, 10, 20]
    np.testing.assert_array_equal(np.sort(np.concatenate(parts).ravel()), np.arange(100))
    assert parts.train.mean() == pytest.approx(49.5, abs=8), "the parts must be mixed"


def test_the_seed_decides():
    data = ImageData(NUMBERED, "numbers")
    first, again, other = data.split(seed=1), data.split(seed=1), data.split(seed=2)
    for part, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(part, same)
    assert not np.array_equal(first.test, other.test)


def test_test_images_of_their_own_are_kept():
    data = ImageData(NUMBERED[:90], "numbers", test_images=NUMBERED[90:])
    parts = data.split(validation=0.2)
    assert [len(part) for part in parts] == [72, 18, 10]
    np.testing.assert_array_equal(parts.test, NUMBERED[90:])


def test_three_images_are_enough_and_two_are_not():
    assert [len(part) for part in ImageData(NUMBERED[:3], "few").split()] == [1, 1, 1]
    with pytest.raises(ValueError, match="2 images are too few for training and validation and test"):
        ImageData(NUMBERED[:2], "few").split()


@pytest.mark.parametrize(("name", "value"), [("validation", 0), ("test", 1), ("test", -0.1)])
def test_fractions_are_checked(name, value):
    with pytest.raises(ValueError, match=f"{name} must be a fraction between 0 and 1, got {value}"):
        ImageData(NUMBERED, "numbers").split(**{name: value})


def test_fractions_must_leave_something_to_train_on():
    with pytest.raises(ValueError, match="too few"):
        ImageData(NUMBERED, "numbers").split(validation=0.5, test=0.5)
