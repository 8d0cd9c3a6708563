"""Unusual image files, and files that are not images."""

import os

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from keras_cae.datasets import load_images, memory

GREY = np.random.default_rng(0).integers(0, 256, (6, 9), dtype="uint8")


def load(folder, **arguments):
    return load_images(folder, **arguments)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_orientation_of_a_tiff(tmp_path, orientation, compression):
    Image.fromarray(GREY).save(tmp_path / "a.tif", tiffinfo={274: orientation}, compression=compression)
    quarter_turns = {1: 0, 3: 2, 6: 3, 8: 1}[orientation]
    np.testing.assert_array_equal(load(tmp_path).images[0, ..., 0], np.rot90(GREY, quarter_turns))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_tiff_that_counts_from_white(tmp_path, dtype):
    pixels = GREY.astype(dtype) * (1 if dtype == "uint8" else 257)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="miniswhite")
    np.testing.assert_array_equal(load(tmp_path).images[0, ..., 0], np.iinfo(dtype).max - pixels)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_tiff_of_floats(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "a.tif", (GREY / 255).astype(dtype), photometric="minisblack")
    images = load(tmp_path).images
    assert images.dtype == "uint16"
    np.testing.assert_allclose(images[0, ..., 0] / 65535, GREY / 255, atol=1e-3)


def test_a_tiff_of_five_channels_is_named(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "b.tif", np.stack([GREY] * 5, -1), photometric="minisblack", planarconfig="contig")
    (skipped,) = load(tmp_path).skipped
    assert skipped.path.endswith("b.tif")
    assert "(6, 9, 5), which is neither grey nor colour; store such images as an array" in skipped.reason


def test_tifffile_is_named_where_it_is_needed(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", GREY / 255, photometric="minisblack")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"Pillow can't read.*pip install tifffile"):
        load(tmp_path)


def test_a_second_channel_that_is_dropped_is_noted(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", np.stack([GREY, GREY[::-1]], -1), photometric="minisblack", extrasamples=["unspecified"]
    )
    data = load(tmp_path)
    np.testing.assert_array_equal(data.images[0, ..., 0], GREY)
    assert any("1 image had further channels" in note for note in data.notes)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_pipes_links_and_hidden_files(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "a.png")
    Image.fromarray(GREY).save(tmp_path / "._a.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "symbolic.png").symlink_to(tmp_path / "a.png")
    os.link(tmp_path / "a.png", tmp_path / "hard.png")
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "circle").symlink_to(tmp_path)
    data = load(tmp_path)
    assert len(data.images) == 1
    assert [(path.rsplit("/")[-1], reason) for path, reason in data.skipped] == [
        ("dangling.png", "No such file or directory"),
        ("pipe.png", "not a regular file"),
    ]
    assert data.notes == ("Skipped 2 links to images that are already in the folder.",)


def test_headers_of_sizes_that_no_memory_holds(tmp_path):
    header = np.lib.format.header_data_from_array_1_0(np.zeros((1, 1, 1), "uint8"))
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {**header, "shape": (10**6, 10**4, 10**4)})
    with pytest.raises(ValueError, match="1,000,000 images of 10000×10000×1 would take about"):
        load_images(tmp_path / "a.npy")
    Image.fromarray(GREY).save(tmp_path / "small.png")
    Image.new("1", (20_000, 20_000)).save(tmp_path / "bomb.png")
    (skipped,) = load(tmp_path).skipped
    assert "decompression bomb" in skipped.reason


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (None, TypeError, "data must be the name of a data set"),
        ([GREY], TypeError, r"Convert it to an array with numpy.asarray\(data\)"),
        ({"a": 1}, TypeError, "got dict"),
        ("", FileNotFoundError, "got '', which does not exist"),
        (np.zeros((2, 4, 4), complex), ValueError, "must contain numbers"),
        (np.zeros((0, 4, 4)), ValueError, "got an empty array"),
    ],
    ids=["None", "list", "dict", "empty", "complex", "no images"],
)
def test_wrong_data(data, error, message):
    with pytest.raises(error, match=message):
        load_images(data)


def test_a_tensor_is_no_array():
    import tensorflow as tf

    with pytest.raises(TypeError, match=r"got EagerTensor\. Convert it to an array"):
        load_images(tf.zeros((2, 4, 4, 1)))


@pytest.mark.parametrize("version", [2, 1])
def test_what_a_container_uses_already_is_not_available(monkeypatch, version):
    files = {
        2: {"memory.max": "1000", "memory.current": "700", "memory.stat": "anon 1\ninactive_file 50\n"},
        1: {
            "memory/memory.limit_in_bytes": "1000",
            "memory/memory.usage_in_bytes": "700",
            "memory/memory.stat": "total_inactive_file 50\n",
        },
    }[version]
    paths = {f"/sys/fs/cgroup/{name}": text for name, text in files.items()}
    monkeypatch.setattr(memory, "_read", lambda path: paths.get(path, "MemAvailable: 4 kB" if "proc" in path else None))
    assert memory.available_memory() == 350
    paths.update({path: "max" for path in paths if path.endswith("max")})
    paths.update({path: str(2**63 - 4096) for path in paths if "limit" in path})
    assert memory.available_memory() == 4096


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(
    seed=st.integers(0, 99),
    channels=st.sampled_from([1, 3, 4]),
    resize=st.sampled_from(["stretch", "crop", "pad"]),
    target=st.sampled_from([None, 1, 3, 4]),
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
)
def test_a_folder_and_an_array_give_the_same_images(tmp_path_factory, seed, channels, resize, target, size):
    generator = np.random.default_rng(seed)
    image = generator.integers(0, 256, (7, 10, channels), dtype="uint8")
    folder = tmp_path_factory.mktemp("images")
    Image.fromarray(image[..., 0] if channels == 1 else image).save(folder / "a.png")
    arguments = {"image_size": size, "resize": resize, "channels": target}
    from_folder = load_images(folder, **arguments).images
    from_array = load_images(image[None], **arguments).images
    if channels == 4 and from_folder.shape[-1] == 3:  # No pixel was transparent.
        from_array = from_array[..., :3]
    np.testing.assert_array_equal(from_folder, from_array)


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_transparent_colours_do_not_bleed_in_any_type(dtype):
    white = np.iinfo(dtype).max if dtype == "uint16" else 1
    images = np.zeros((1, 2, 2, 4), dtype)
    images[0, :, 0] = [white, 0, 0, white]  # opaque red next to transparent green
    images[0, :, 1] = [0, white, 0, 0]
    resized = load_images(images, image_size=(2, 1)).images[0, 0, 0] / white
    np.testing.assert_allclose(resized, [1, 0, 0, 0.5], atol=1e-4)
    padded = load_images(images, image_size=(2, 4), resize="pad").images[0, 0, 0] / white
    np.testing.assert_allclose(padded, [0, 0, 0, 1])
