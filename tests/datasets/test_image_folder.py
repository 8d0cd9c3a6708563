"""Folders of image files."""

import os

import numpy as np
import pytest
from PIL import Image

from keras_cae.datasets import load_images

RNG = np.random.default_rng(0)
COLOR = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
GREY = RNG.integers(0, 256, (6, 9), dtype=np.uint8)


def save(path, pixels=COLOR, mode=None, **options):
    """Write an image file and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".TIFF", ".PNG", ".webp", ".gif", ".jpg", ".JPEG"])
def test_formats(tmp_path, suffix):
    flat = np.full_like(COLOR, (200, 100, 50))
    save(tmp_path / f"image{suffix}", flat, **({"lossless": True} if suffix == ".webp" else {}))
    data = load_images(tmp_path)
    assert data.images.shape == (1, 6, 9, 3)
    assert data.images.dtype == np.uint8
    np.testing.assert_allclose(data.images[0].astype(int), flat, atol=3)


def test_flat_and_nested_in_the_order_of_paths(tmp_path):
    for value, name in enumerate(["a.png", "b/a.png", "b/c/a.png", "d.png"]):
        save(tmp_path / name, np.full((2, 2), 50 * value, np.uint8))
    values = load_images(tmp_path).images[:, 0, 0, 0]
    assert sorted(values) == [0, 50, 100, 150]
    np.testing.assert_array_equal(values, load_images(tmp_path).images[:, 0, 0, 0])


def test_hidden_and_other_files_are_ignored(tmp_path):
    save(tmp_path / "a.png")
    save(tmp_path / ".thumbnails" / "b.png")
    (tmp_path / "._a.png").write_bytes(b"resource fork")
    (tmp_path / "labels.csv").write_text("a,1")
    data = load_images(tmp_path)
    assert data.images.shape[0] == 1
    assert data.skipped == ()


def test_links_in_circles_end(tmp_path):
    save(tmp_path / "elsewhere" / "a.png")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "circle").symlink_to(folder)
    assert len(load_images(folder).images) == 1


def test_the_name_is_that_of_the_folder(tmp_path, monkeypatch):
    save(tmp_path / "cats" / "a.png")
    assert load_images(f"{tmp_path}/cats/").name == "cats"
    monkeypatch.chdir(tmp_path / "cats")
    assert load_images(".").name == "cats"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_that_the_camera_noted(tmp_path, orientation):
    upright = np.zeros((40, 24), np.uint8)
    upright[:20, :12] = 255
    turn_back = {
        1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud,
        5: np.transpose, 6: np.rot90, 7: lambda a: np.rot90(a, 2).T, 8: lambda a: np.rot90(a, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    save(tmp_path / "photo.jpg", np.ascontiguousarray(turn_back(upright)), exif=exif)
    image = load_images(tmp_path).images[0, ..., 0]
    assert image.shape == (40, 24)
    np.testing.assert_allclose(image.astype(int), upright, atol=40)


@pytest.mark.parametrize("mode", ["1", "L"])
def test_grey_files_have_one_channel(tmp_path, mode):
    save(tmp_path / "a.png", GREY, mode)
    images = load_images(tmp_path).images
    expected = np.asarray(Image.fromarray(GREY).convert(mode).convert("L"))
    np.testing.assert_array_equal(images, expected[None, ..., None])


def test_a_palette_of_greys_is_grey(tmp_path):
    save(tmp_path / "a.png", GREY, "P")
    save(tmp_path / "b.gif", GREY)
    images = load_images(tmp_path).images
    np.testing.assert_array_equal(images, np.stack([GREY, GREY])[..., None])


def test_a_palette_of_colors(tmp_path):
    image = Image.fromarray(np.arange(4, dtype=np.uint8).reshape(2, 2), mode="P")
    colors = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9]
    image.putpalette(colors)
    image.save(tmp_path / "a.png")
    np.testing.assert_array_equal(load_images(tmp_path).images.ravel(), colors)


def test_grey_among_colors_gets_three_channels(tmp_path):
    save(tmp_path / "a.png", GREY)
    save(tmp_path / "b.png", COLOR)
    images = load_images(tmp_path).images
    np.testing.assert_array_equal(images[0], np.repeat(GREY[..., None], 3, axis=-1))
    np.testing.assert_array_equal(images[1], COLOR)


def test_cmyk(tmp_path):
    red = np.full((6, 9, 3), (255, 0, 0), np.uint8)
    save(tmp_path / "a.tif", red, "CMYK")
    np.testing.assert_array_equal(load_images(tmp_path).images[0], red)


def test_transparent_images_have_four_channels(tmp_path):
    opacity = RNG.integers(0, 255, (6, 9, 1), dtype=np.uint8)
    save(tmp_path / "a.png", np.concatenate([COLOR, opacity], axis=-1))
    save(tmp_path / "b.png", COLOR)
    images = load_images(tmp_path).images
    np.testing.assert_array_equal(images[0, ..., 3:], opacity)
    np.testing.assert_array_equal(images[..., :3], np.stack([COLOR, COLOR]))
    np.testing.assert_array_equal(images[1, ..., 3], 255)


@pytest.mark.parametrize(("pixels", "mode", "channels"), [(COLOR, "RGBA", 3), (GREY, "LA", 1)])
def test_opacity_that_hides_nothing_is_dropped(tmp_path, pixels, mode, channels):
    save(tmp_path / "a.png", pixels, mode)
    images = load_images(tmp_path).images
    assert images.shape == (1, 6, 9, channels)
    np.testing.assert_array_equal(images[0].squeeze(), pixels)


def test_a_transparent_palette(tmp_path):
    image = Image.fromarray(np.eye(6, dtype=np.uint8), mode="P")
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.save(tmp_path / "a.gif", transparency=1)
    images = load_images(tmp_path).images
    np.testing.assert_array_equal(images[0, ..., 3], 255 * (1 - np.eye(6)))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_keep_their_precision(tmp_path, suffix):
    pixels = RNG.integers(0, 65_536, (6, 9), dtype=np.uint16)
    save(tmp_path / f"a{suffix}", pixels)
    images = load_images(tmp_path).images
    assert images.dtype == np.uint16
    np.testing.assert_array_equal(images[0, ..., 0], pixels)


def test_sixteen_bits_among_eight_are_scaled_not_cut_off(tmp_path):
    save(tmp_path / "a.png", GREY.astype(np.uint16) * 257)
    save(tmp_path / "b.png", GREY)
    images = load_images(tmp_path).images
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, np.stack([GREY, GREY])[..., None])


def test_twelve_bits_in_sixteen_get_a_note(tmp_path):
    save(tmp_path / "a.tif", np.full((4, 4), 4095, np.uint16))
    (note,) = load_images(tmp_path).notes
    assert "4095, where white is 65535" in note


def test_float_files(tmp_path):
    save(tmp_path / "a.tif", np.array([[0, 0.5], [0.25, 1]], np.float32))
    save(tmp_path / "b.tif", np.array([[0, 300]], np.float32))
    data = load_images(tmp_path, image_size=2)
    np.testing.assert_allclose(data.images[0, ..., 0] / 65535, [[0, 0.5], [0.25, 1]], atol=1e-5)
    assert [(os.path.basename(path), reason) for path, reason in data.skipped] == [
        ("b.tif", "pixels are floats from 0 to 300, not from 0 to 1")
    ]


def test_the_most_common_size(tmp_path):
    for name, size in [("a", (9, 9)), ("b", (4, 6)), ("c", (4, 6)), ("d", (8, 8))]:
        save(tmp_path / f"{name}.png", np.zeros(size, np.uint8))
    assert load_images(tmp_path).images.shape == (4, 4, 6, 1)


def test_of_sizes_that_all_differ_the_middle_one(tmp_path):
    for name, size in [("a", (1, 1)), ("b", (40, 60)), ("c", (5, 7))]:
        save(tmp_path / f"{name}.png", np.zeros(size, np.uint8))
    assert load_images(tmp_path).images.shape == (3, 5, 7, 1)


def test_a_large_photograph_is_scaled_down(tmp_path):
    save(tmp_path / "a.jpg", np.full((300, 400, 3), (10, 20, 30), np.uint8), quality=95)
    data = load_images(tmp_path, max_side=40)
    assert data.images.shape == (1, 30, 40, 3)
    np.testing.assert_allclose(data.images[0].astype(int), np.full((30, 40, 3), (10, 20, 30)), atol=2)
    assert "scaled down to 30×40 pixels" in data.notes[0]


@pytest.mark.parametrize(("resize", "columns"), [("stretch", 40), ("crop", 40), ("pad", 20)])
def test_ways_to_another_size(tmp_path, resize, columns):
    save(tmp_path / "a.png", np.full((80, 40), 200, np.uint8))
    image = load_images(tmp_path, image_size=40, resize=resize).images[0, ..., 0]
    assert (image == 200).all(axis=0).sum() == columns


def test_damaged_files_are_named_and_skipped(tmp_path):
    whole = save(tmp_path / "whole.png", RNG.integers(0, 256, (40, 40, 3), dtype=np.uint8))
    content = whole.read_bytes()
    (tmp_path / "cut.png").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.jpg").write_text("this is no image")
    (tmp_path / "zero.gif").touch()
    data = load_images(tmp_path)
    np.testing.assert_array_equal(data.images, np.asarray(Image.open(whole))[None])
    assert [os.path.basename(file.path) for file in data.skipped] == ["cut.png", "text.jpg", "zero.gif"]
    assert "truncated" in data.skipped[0].reason
    assert "not an image" in data.skipped[1].reason


def test_only_damaged_files(tmp_path):
    (tmp_path / "a.png").write_text("no image")
    (tmp_path / "b.png").write_text("no image")
    with pytest.raises(ValueError, match=r"None of the 2 images.*a\.png: not an image"):
        load_images(tmp_path)


def test_only_files_that_are_damaged_behind_the_header(tmp_path):
    path = save(tmp_path / "a.png", RNG.integers(0, 256, (40, 40, 3), dtype=np.uint8))
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"The only image .*truncated"):
        load_images(tmp_path)


def test_an_empty_folder(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ValueError, match=r"no images in the folder.*\.png, \.jpg"):
        load_images(tmp_path)


def test_images_that_memory_cannot_hold_are_not_decoded(tmp_path, monkeypatch):
    save(tmp_path / "a.png")
    monkeypatch.setattr("keras_cae.datasets.memory.available_memory", lambda: 100)
    monkeypatch.setattr("keras_cae.datasets.folder.read_pixels", lambda *_: pytest.fail("decoded"))
    with pytest.raises(ValueError, match="1 image of 6×9×3 would take"):
        load_images(tmp_path)


def test_subfolders_are_labels(tmp_path):
    for number, name in enumerate(["", "good", "bad/scratch"]):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        Image.new("L", (5, 4), 20 * number + 10).save(tmp_path / name / "a.png")
    damaged = tmp_path / "good" / "b.jpg"
    Image.effect_noise((5, 4), 90).save(damaged)
    damaged.write_bytes(damaged.read_bytes()[:-8])
    data = load_images(tmp_path)
    found = dict(zip(data.labels, data.images[:, 0, 0, 0].tolist(), strict=True))
    assert found == {".": 10, "good": 30, "bad/scratch": 50}
    assert repr(data).startswith(f"ImageData({tmp_path.name}, images=uint8(3, 4, 5, 1)")
    assert "\n" not in repr(data)
    assert "3 labels" in repr(data)


@pytest.mark.parametrize("place", ["before the pixels", "after the pixels"])
def test_the_orientation_of_a_png(tmp_path, place):
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.random.default_rng(0).integers(0, 256, (9, 14), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    content = (tmp_path / "a.png").read_bytes()
    start = content.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    chunk, last = content[start:end], content.index(b"IEND") - 4
    if place == "after the pixels":
        content = content[:start] + content[end:last] + chunk + content[last:]
    else:
        first = content.index(b"IDAT") - 4
        content = (content[:start] + content[end:]) if start > first else content
        content = content[:first] + chunk + content[first:] if start > first else content
    (tmp_path / "a.png").write_bytes(content)
    np.testing.assert_array_equal(load_images(tmp_path).images[0, ..., 0], np.rot90(pixels, -1))
