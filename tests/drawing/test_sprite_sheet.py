"""Sprite sheets with many small images."""

import io

import numpy as np
import pytest
from PIL import Image

from keras_cae.drawing import sprite_sheet as module
from keras_cae.drawing.sprite_sheet import sprite_sheet


@pytest.mark.parametrize(
    ("count", "size", "shown"),
    [
        (1, (28, 28), (28, 28)),
        (2, (300, 200), (60, 40)),
        (4, (64, 10), (64, 10)),
        (9, (64, 64), (32, 32)),
    ],
)
def test_a_sprite_keeps_within_what_tensorboard_shows(monkeypatch, count, size, shown):
    monkeypatch.setattr(module, "MAX_SHEET_SIDE", 128)
    images = np.broadcast_to(np.float32(0.5), (count, *size, 1))
    png, (width, height) = sprite_sheet(images)
    assert (height, width) == shown
    picture = Image.open(io.BytesIO(png))
    assert picture.size == (width * int(np.ceil(count**0.5)), height * int(np.ceil(count**0.5)))
    assert max(picture.size) <= 128


@pytest.mark.parametrize(("channels", "mode"), [(1, "RGB"), (2, "RGB"), (3, "RGB"), (4, "RGBA"), (5, "RGB")])
def test_channels_of_a_sprite(channels, mode):
    images = np.random.default_rng(0).random((1, 5, 6, channels), dtype="float32")
    picture = Image.open(io.BytesIO(sprite_sheet(images)[0]))
    assert picture.mode == mode
    if channels in (3, 4):
        np.testing.assert_array_equal(np.asarray(picture), np.rint(images[0] * 255))
