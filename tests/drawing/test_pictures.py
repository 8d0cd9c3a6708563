"""Pictures of signals, images and volumes."""

import numpy as np
import pytest
from PIL import ImageColor
from pixels import position, positions, random_images

from keras_cae.drawing import signal_curves
from keras_cae.drawing.codebook_map import draw_codebook_map
from keras_cae.drawing.image_grid import draw_image_grid
from keras_cae.drawing.pictures import MAX_ERROR, in_blocks, index_pictures, picture_rows, pictures
from keras_cae.drawing.signal_curves import COLORS, OTHER_COLOR, SHADE, Layout, curve_pictures, draw_panel, limits_of
from keras_cae.drawing.sprite_sheet import sprite_sheet
from keras_cae.drawing.thumbnails import index_colors, thumbnails
from keras_cae.drawing.volume_slices import slice_images

UNIT = np.array([[0.0, 1.0]])
LAYOUT = Layout(width=200, height=80, text=14)


def pixels_of(picture, color, tolerance=140):
    """The positions of a colour in a picture, including shades due to smoothing: `(rows, columns)`."""
    return np.nonzero((np.abs(picture.astype(int) - ImageColor.getrgb(color)) < tolerance).all(axis=-1))


def heights(picture, color):
    """The centre of a curve in each column, by the column."""
    rows, columns = pixels_of(picture, color)
    return {column: rows[columns == column].mean() for column in np.unique(columns)}


# Signals


def panel(**curves):
    """A panel from 0 to 1, without numbers."""
    return np.asarray(draw_panel({name: np.asarray(values) for name, values in curves.items()}, (0.0, 1.0), LAYOUT))


def test_a_curve_goes_through_its_values():
    found = heights(panel(input=np.linspace(0.1, 0.9, 50)), COLORS["input"])
    columns, rows = np.array(list(found)), np.array(list(found.values()))
    assert len(columns) > 0.95 * LAYOUT.width
    np.testing.assert_allclose(rows, (LAYOUT.height - 1) * (0.9 - 0.8 * columns / LAYOUT.width), atol=1.6)


def test_the_limits_are_the_edges_of_the_panel():
    top, middle, bottom = (
        np.median(pixels_of(panel(error=np.full(40, value)), COLORS["error"])[0]) for value in (1.0, 0.5, 0.0)
    )
    np.testing.assert_allclose([top, middle, bottom], [0, (LAYOUT.height - 1) / 2, LAYOUT.height - 1], atol=1)
    beyond = [np.median(pixels_of(panel(error=np.full(40, value)), COLORS["error"])[0]) for value in (9.0, -9.0)]
    assert beyond == [top, bottom]


def test_a_panel_for_each_channel_with_limits_of_its_own():
    signals = np.stack([np.linspace(0, 1, 30), np.linspace(500, 100, 30)], axis=-1)[None]
    limits = limits_of(signals)
    np.testing.assert_allclose(limits, [[0, 1], [100, 500]])
    one, two = curve_pictures({"input": signals[..., :1]}, limits[:1])[0], curve_pictures({"input": signals}, limits)[0]
    assert two.shape[0] > 1.6 * one.shape[0]
    half = two.shape[0] // 2
    upper, lower = heights(two[:half, 60:], COLORS["input"]), heights(two[half:, 60:], COLORS["input"])
    assert upper[min(upper)] > upper[max(upper)]
    assert lower[min(lower)] < lower[max(lower)]


def test_numbers_at_the_axes_follow_the_values():
    signals = np.linspace(0, 1, 30)[None, :, None]
    plain = curve_pictures({"input": signals}, UNIT, labels=40)
    for other in (
        curve_pictures({"input": signals * 7}, UNIT * 7, labels=40),
        curve_pictures({"input": signals.repeat(2, axis=1)}, UNIT, labels=40),
    ):
        assert other.shape == plain.shape
    larger = curve_pictures({"input": signals * 7}, UNIT * 7, labels=40)
    assert (larger[0, :, :40] != plain[0, :, :40]).any(), "of the values"
    longer = curve_pictures({"input": np.linspace(0, 1, 3000)[None, :, None]}, UNIT, labels=40)
    assert (longer[0, -18:, -60:] != plain[0, -18:, -60:]).any(), "of the steps"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_leave_a_gap(value):
    values = np.full(60, 0.5)
    values[20:40] = value
    columns = np.unique(pixels_of(panel(error=values), COLORS["error"])[1]) / LAYOUT.width
    assert len(columns) > 0.6 * LAYOUT.width
    assert not ((columns > 0.35) & (columns < 0.65)).any()
    values[:] = value
    assert np.isfinite(limits_of(values[None, :, None])).all()
    assert not len(pixels_of(panel(error=values), COLORS["error"])[0])


def test_a_single_step_and_a_flat_signal_are_seen():
    for signals in (np.full((1, 1, 1), 3.0), np.full((1, 9, 1), -2.0)):
        picture = curve_pictures({"error": signals}, limits_of(signals))[0]
        assert len(pixels_of(picture, COLORS["error"])[0])


def test_long_signals_keep_their_extremes():
    values = np.full(100_000, 0.5)
    values[50_000], values[25_000] = 1.0, 0.0
    rows, columns = pixels_of(panel(error=values), COLORS["error"], tolerance=120)
    assert columns[np.argmin(rows)] == pytest.approx(LAYOUT.width / 2, abs=2)
    assert columns[np.argmax(rows)] == pytest.approx(LAYOUT.width / 4, abs=2)
    assert (rows.min(), rows.max()) == (pytest.approx(1, abs=2), pytest.approx(LAYOUT.height - 2, abs=2))


def test_what_is_hidden_is_shaded():
    hidden = np.zeros(40)
    hidden[10:20] = 1
    columns = np.unique(pixels_of(panel(input=np.zeros(40), hidden=hidden)[10:-10], SHADE, tolerance=4)[1])
    np.testing.assert_allclose(columns[[0, -1]] / LAYOUT.width, [0.25, 0.5], atol=0.02)
    signals = np.zeros((1, 40, 2))
    picture = curve_pictures({"input": signals, "hidden": hidden[None, :, None]}, UNIT.repeat(2, axis=0))[0]
    rows = pixels_of(picture, SHADE, tolerance=4)[0]
    assert np.ptp(rows) > 0.6 * len(picture), "in the panels of all channels"


def test_only_the_first_of_very_many_channels(monkeypatch):
    monkeypatch.setattr(signal_curves, "LARGEST_COUNT", 4)
    signals = random_images(1, 20, 9)
    few = curve_pictures({"input": signals[..., :4]}, limits_of(signals[..., :4]))
    np.testing.assert_array_equal(curve_pictures({"input": signals}, limits_of(signals)), few)


def test_signals_beside_their_errors_are_drawn_over_each_other():
    rows = {"input": random_images(5, 30, 2), "reconstruction": random_images(5, 30, 2, seed=1)}
    curves, errors = picture_rows(rows, np.full((5, 30), 0.1))
    assert dict(curves.names) == {name: COLORS[name] for name in rows}
    assert list(errors.names) == ["error"]
    assert curves.pictures.shape[2] == errors.pictures.shape[2], "their panels are aligned"
    for name in rows:
        assert len(pixels_of(curves.pictures[0], COLORS[name], tolerance=40)[0])
    picture = draw_image_grid(rows, np.full((5, 30), 0.1), {"MSE": ["1", "2", "3", "4", "5"]})
    for drawn in (*curves.pictures, *errors.pictures):
        assert positions(picture, drawn)


def test_the_error_of_signals_has_the_same_scale_whatever_it_is():
    rows = {"input": np.linspace(0, 1, 40)[None, :, None], "reconstruction": np.zeros((1, 40, 1))}
    pictures = [picture_rows(rows, np.full((1, 40), error))[1].pictures[0] for error in (0.0, 0.1, 0.2, 9.0)]
    levels = [np.median(pixels_of(picture[:, 60:], COLORS["error"])[0]) for picture in pictures]
    assert levels[0] - levels[1] == pytest.approx(levels[1] - levels[2], abs=1.5)
    assert levels[1] - levels[3] > 3 * (levels[0] - levels[1])


def test_signals_without_errors_have_a_row_each_and_common_axes():
    rows = {"a": np.zeros((2, 30, 1)) + 0.5, "b": np.linspace(0, 1, 60).reshape(2, 30, 1)}
    made = picture_rows(rows)
    assert [list(row.names) for row in made] == [["a"], ["b"]]
    assert all(len(pixels_of(picture, OTHER_COLOR)[0]) for row in made for picture in row.pictures)
    level, rise = (row.pictures[0][:-20, 40:] for row in made)
    middle = np.median(pixels_of(level, OTHER_COLOR)[0])
    end = heights(rise, OTHER_COLOR)
    assert end[max(end)] == pytest.approx(middle, abs=2)


def test_blocks():
    rows = picture_rows({"a": random_images(7, 8, 8, 1)})
    blocks = in_blocks(rows, 3)
    assert [len(block[0].pictures) for block in blocks] == [3, 3, 1]
    np.testing.assert_array_equal(np.concatenate([block[0].pictures for block in blocks]), rows[0].pictures)


# Volumes


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_the_middle_slices_of_volumes(channels):
    volumes = random_images(2, 5, 8, 6, channels)
    images = slice_images(volumes)
    assert images.shape == (2, 8 + 1 + 5, 6 + 1 + 5, channels)
    np.testing.assert_array_equal(images[:, :8, :6], volumes[:, 2])
    np.testing.assert_array_equal(images[:, 9:, :6], volumes[:, :, 4])
    np.testing.assert_array_equal(images[:, :8, 7:], volumes[:, :, :, 3].swapaxes(1, 2))
    for blank in (images[:, 8], images[:, :, 6], images[:, 9:, 7:]):
        assert (blank == 1).all()


def test_rows_of_volumes_and_their_errors():
    rows = {"input": random_images(3, 4, 9, 7, 1), "reconstruction": random_images(3, 4, 9, 7, 1, seed=1)}
    error = MAX_ERROR * np.abs(rows["input"] - rows["reconstruction"]).mean(axis=-1)
    picture = draw_image_grid(rows, error, {"MSE": ["1", "2", "3"]})
    for batch in rows.values():
        for tile in thumbnails(slice_images(batch), 128):
            position(picture, tile)
    made = picture_rows(rows, error)
    assert [list(row.names) for row in made] == [["input"], ["reconstruction"], ["error"]]
    assert made[2].scale == MAX_ERROR
    assert made[2].pictures.shape == made[0].pictures.shape
    assert (made[2].pictures[:, -1, -1] == 255).all()
    brightest = np.unravel_index(np.argmax(error[0, 2]), error[0, 2].shape)
    factor = made[2].pictures.shape[1] // (9 + 1 + 4)
    shown = made[2].pictures[0, : 9 * factor : factor, : 7 * factor : factor].astype(int).sum(axis=-1)
    assert np.unravel_index(np.argmax(shown), shown.shape) == brightest


def test_images_are_thumbnails():
    images = random_images(2, 9, 7, 3)
    np.testing.assert_array_equal(pictures(images), thumbnails(images))


def test_the_sprites_of_volumes_are_their_middle_slices():
    volumes = random_images(3, 5, 8, 6, 1)
    assert sprite_sheet(volumes) == sprite_sheet(volumes[:, 2])


# Codes


def test_codebook_indices_of_signals_and_volumes():
    indices = np.arange(10).reshape(2, 5)
    strips = index_pictures(indices)
    width = strips.shape[2] // 5
    np.testing.assert_array_equal(strips[:, 3, ::width], index_colors(indices))
    cubes = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    maps = index_pictures(cubes)
    factor = maps.shape[1] // (4 + 1 + 3)
    np.testing.assert_array_equal(maps[:, : 4 * factor : factor, : 5 * factor : factor], index_colors(cubes[:, 1]))


@pytest.mark.parametrize("shape", [(12, 2), (4, 5, 6, 1)])
def test_codebook_maps(shape):
    examples = random_images(3, *shape)
    indices = np.zeros((3, *(side // 2 for side in shape[:-1])), int)
    picture = draw_codebook_map(examples, indices, examples)
    for tile in pictures(examples)[:1]:
        assert picture.shape[0] > 2 * tile.shape[0]


def test_maps_of_signals_have_a_scale_of_their_own():
    signals, reconstructions = (100 + random_images(2, 30, 2, seed=seed) for seed in (0, 1))
    maps = 5 * random_images(2, 30, 1, seed=2)
    rows = picture_rows({"input": signals, "reconstruction": reconstructions, "anomaly map": maps})
    widths = {row.pictures.shape[2] for row in rows}
    assert len(widths) == 1, "the panels are aligned"
    assert rows[2].pictures.shape[1] < rows[0].pictures.shape[1], "there is one panel, not one for each channel"
    curve = pixels_of(rows[2].pictures[0], OTHER_COLOR)[0]
    assert np.ptp(curve) > 0.5 * Layout.fitting(64, 1).height
