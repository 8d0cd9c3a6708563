"""TIFF files with several pages, and tiled TIFF files."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from keras_cae.datasets import load_images, pack, stream_images
from keras_cae.datasets.tiff import TiledTiff

RANDOM = np.random.default_rng(0)


def images_of(stream):
    return np.concatenate([np.asarray(batch) for batch in stream])


def pixels_of(dtype, *shape):
    if np.dtype(dtype).kind == "f":
        return RANDOM.random(shape).astype(dtype)
    return RANDOM.integers(0, np.iinfo(dtype).max + 1, shape, dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_every_page_is_an_image(tmp_path, dtype):
    stack, single = pixels_of(dtype, 3, 9, 12), pixels_of(dtype, 9, 12)
    tifffile.imwrite(tmp_path / "a.tif", stack, photometric="minisblack")
    tifffile.imwrite(tmp_path / "b.tif", single, photometric="minisblack")
    stream = stream_images(tmp_path, pages=True, shuffle=False)
    np.testing.assert_array_equal(images_of(stream)[..., 0], [*stack, single])
    assert stream.paths == (*(f"{tmp_path / 'a.tif'}[{number}]" for number in range(3)), str(tmp_path / "b.tif"))
    first = images_of(stream_images(tmp_path, shuffle=False))
    np.testing.assert_array_equal(first, load_images(tmp_path).images)
    pack(tmp_path, tmp_path / "p-{shard}.tfrecord", pages=True)
    packed = stream_images(tmp_path / "p-{shard}.tfrecord", shuffle=False)
    np.testing.assert_array_equal(images_of(packed), images_of(stream))


@pytest.mark.parametrize("imagej", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("depth", [1, 5])
def test_volumes(tmp_path, depth, dtype, imagej):
    volumes = pixels_of(dtype, 3, depth, 9, 12)
    options = {"imagej": True} if imagej else {"photometric": "minisblack"}
    for number, volume in enumerate(volumes):
        tifffile.imwrite(tmp_path / f"{number}.tif", volume, **options)
    stream = stream_images(tmp_path, rank=3, shuffle=False, batch_size=2)
    assert stream.element_spec.shape == (None, depth, 9, 12, 1)
    streamed = images_of(stream)
    assert streamed.dtype == dtype
    np.testing.assert_array_equal(streamed[..., 0], volumes)
    np.testing.assert_array_equal(streamed, load_images(volumes, rank=3).images)


def test_volumes_in_colour(tmp_path):
    volume = pixels_of("uint8", 4, 9, 12, 3)
    tifffile.imwrite(tmp_path / "a.tif", volume, photometric="rgb")
    np.testing.assert_array_equal(images_of(stream_images(tmp_path, rank=3))[0], volume)


def test_patches_of_volumes_of_any_size(tmp_path):
    volumes = [pixels_of("uint16", depth, 9, 12) for depth in (4, 6)]
    for number, volume in enumerate(volumes):
        tifffile.imwrite(tmp_path / f"{number}.tif", volume, photometric="minisblack")
    stream = stream_images(tmp_path, rank=3, patches=(3, 5, 4), patches_per_image=2, shuffle=False, seed=0)
    for number, patch in enumerate(images_of(stream)[..., 0]):
        windows = np.lib.stride_tricks.sliding_window_view(volumes[number // 2], patch.shape)
        assert (windows == patch).all(axis=(-3, -2, -1)).any()
    with pytest.raises(ValueError, match=r"0\.tif' has 4×9×12 voxels and .*1\.tif' has 6×9×12"):
        stream_images(tmp_path, rank=3)


def test_an_image_among_volumes_is_named(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", pixels_of("uint8", 3, 9, 12), photometric="minisblack")
    Image.new("L", (12, 9)).save(tmp_path / "b.png")
    with pytest.raises(ValueError, match=r"one per file, got .*b\.png'"):
        stream_images(tmp_path, rank=3)
    (tmp_path / "b.png").unlink()
    tifffile.imwrite(tmp_path / "b.tif", pixels_of("uint16", 3, 9, 12), photometric="minisblack")
    with pytest.raises(ValueError, match=r"same dtype.*uint16 with 1 channel"):
        stream_images(tmp_path, rank=3)


def test_damaged_stacks(tmp_path):
    for name in "abc":
        tifffile.imwrite(tmp_path / f"{name}.tif", pixels_of("uint8", 3, 30, 40), photometric="minisblack")
    (tmp_path / "d.tif").write_bytes(b"II*\0nothing")
    stream = stream_images(tmp_path, rank=3)
    assert [file.path for file in stream.skipped] == [str(tmp_path / "d.tif")]
    assert len(images_of(stream)) == 3


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize(("dtype", "channels"), [("uint8", 1), ("uint16", 1), ("uint8", 3)])
def test_only_the_tiles_that_are_needed(tmp_path, monkeypatch, dtype, channels, compression):
    slide = pixels_of(dtype, 130, 170, 3)[..., : 3 if channels == 3 else 1].squeeze()
    options = {"tile": (32, 48), "bigtiff": True, "compression": compression}
    tifffile.imwrite(tmp_path / "a.tif", slide, photometric="rgb" if channels == 3 else "minisblack", **options)
    read = []
    monkeypatch.setattr(
        TiledTiff,
        "_tile_of",
        lambda self, file, index, original=TiledTiff._tile_of: (
            read.append(index),
            original(self, file, index),
        )[1],
    )
    stream = stream_images(tmp_path, patches=(20, 25), patches_per_image=5, shuffle=False, seed=0)
    read.clear()
    patches = images_of(stream)
    assert 5 <= len(read) <= 5 * 4  # of the 25 tiles
    plain = stream_images(slide[None], patches=(20, 25), patches_per_image=5, shuffle=False, seed=0)
    assert patches.dtype == dtype
    np.testing.assert_array_equal(patches, images_of(plain))


def test_slides_that_pillow_takes_for_a_bomb(tmp_path, monkeypatch):
    slide = pixels_of("uint8", 64, 64)
    tifffile.imwrite(tmp_path / "a.tif", slide, tile=(16, 16), photometric="minisblack")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    stream = stream_images(tmp_path, patches=8)
    assert images_of(stream).shape == (1, 8, 8, 1)


def test_a_slide_cut_short(tmp_path):
    for name in "ab":
        tifffile.imwrite(tmp_path / f"{name}.tif", pixels_of("uint8", 64, 64), tile=(16, 16), photometric="minisblack")
    path = tmp_path / "b.tif"
    path.write_bytes(path.read_bytes()[:-600])
    stream = stream_images(tmp_path, patches=64)
    assert len(images_of(stream)) == 2
    assert [file.path for file in stream.skipped] == [str(path)]
