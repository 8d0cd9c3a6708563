"""Streams yield the same images as `load_images`, batch by batch."""

import numpy as np
import pytest
from PIL import Image

from keras_cae.datasets import load_images, stream_images

RANDOM = np.random.default_rng(0)


def pixels(*shape):
    return RANDOM.integers(0, 256, shape, np.uint8)


def save(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)


def orientation(value):
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def mixed(folder):
    for value in range(1, 9):
        save(folder / "a" / f"{value}.jpg", pixels(9, 14, 3), exif=orientation(value))
    save(folder / "b" / "grey.png", pixels(9, 14))
    save(folder / "b" / "opaque.png", np.dstack([pixels(9, 14, 3), np.full((9, 14), 255, np.uint8)]))
    Image.fromarray(pixels(9, 14, 4), "CMYK").save(folder / "b" / "cmyk.jpg")
    Image.fromarray(pixels(30, 20, 3)).convert("P").save(folder / "b" / "palette.gif")


def transparent(folder):
    mixed(folder)
    save(folder / "c.png", pixels(9, 14, 4))


def deep(folder):
    for name in "abc":
        save(folder / f"{name}.png", RANDOM.integers(0, 65536, (9, 14), np.uint16))


def black_and_white(folder):
    save(folder / "0.png", np.zeros((9, 14), np.uint8))
    save(folder / "a.png", RANDOM.integers(0, 2, (9, 14), np.uint8))
    save(folder / "b.png", RANDOM.integers(0, 2, (12, 14), np.uint8))


def images_of(stream):
    return np.concatenate([np.asarray(batch) for batch in stream])


@pytest.mark.parametrize("options", [{}, {"image_size": (7, 11), "resize": "pad"}, {"channels": 1, "resize": "crop"}])
@pytest.mark.parametrize("make", [mixed, transparent, deep, black_and_white])
def test_the_pixels_of_load_images(tmp_path, make, options):
    make(tmp_path)
    expected = load_images(tmp_path, **options).images
    streamed = images_of(stream_images(tmp_path, shuffle=False, batch_size=2, **options))
    assert streamed.dtype == expected.dtype
    np.testing.assert_array_equal(streamed, expected)


def test_epochs_have_other_orders_and_a_seed_repeats_them(tmp_path):
    mixed(tmp_path)
    first, second = (stream_images(tmp_path, seed=3, batch_size=5) for _ in range(2))
    epochs = [images_of(first) for _ in range(2)]
    assert (epochs[0] != epochs[1]).any()
    np.testing.assert_array_equal(epochs, [images_of(second) for _ in range(2)])
    assert sorted(map(bytes, epochs[0])) == sorted(map(bytes, epochs[1]))


def test_a_damaged_file_is_named_and_replaced(tmp_path):
    for name in "abcde":
        save(tmp_path / f"{name}.jpg", pixels(40, 40))
    whole = (tmp_path / "c.jpg").read_bytes()
    (tmp_path / "c.jpg").write_bytes(whole[: len(whole) // 2])
    save(tmp_path / ".hidden" / "f.png", pixels(40, 40))
    (tmp_path / "._g.png").write_bytes(b"nothing")
    stream = stream_images(tmp_path, batch_size=2, seed=0)
    assert int(stream.cardinality()) == 3
    assert [len(batch) for batch in stream] == [2, 2, 1]
    assert [file.path for file in stream.skipped] == [str(tmp_path / "c.jpg")]


def test_labels_are_folders(tmp_path):
    mixed(tmp_path)
    stream = stream_images(tmp_path, labels="folder", batch_size=12, seed=1)
    assert stream.class_names == ("a", "b")
    ((_, labels),) = stream
    assert sorted(np.asarray(labels)) == [0] * 8 + [1] * 4


def test_a_list_of_paths(tmp_path):
    deep(tmp_path)
    paths = [tmp_path / "c.png", str(tmp_path / "a.png")]
    streamed = images_of(stream_images(paths, shuffle=False))
    np.testing.assert_array_equal(streamed, load_images(tmp_path).images[[2, 0]])


@pytest.mark.slow
def test_a_model_trains_on_it(tmp_path):
    from keras_cae.models import ResidualCAE

    deep(tmp_path)
    model = ResidualCAE(2, filters=(2,))
    model.compile("adam", "mse")
    stream = stream_images(tmp_path, image_size=8, batch_size=2)
    history = model.fit(stream, epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert model.predict(stream, verbose=0).shape == (3, 8, 8, 1)


@pytest.mark.parametrize(
    ("data", "options", "error", "match"),
    [
        ("nowhere", {}, FileNotFoundError, "nowhere"),
        (".", {}, ValueError, "no images"),
        ([], {}, ValueError, "at least one path"),
        (3, {}, TypeError, "int"),
        (".", {"batch_size": 0}, ValueError, "batch_size"),
        (".", {"labels": "names"}, ValueError, "labels"),
        (".", {"shuffle": 1}, ValueError, "shuffle"),
        (".", {"seed": -1}, ValueError, "seed"),
    ],
)
def test_wrong_arguments(tmp_path, monkeypatch, data, options, error, match):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=match):
        stream_images(data, **options)


def test_only_damaged_files(tmp_path):
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"The only image can't be read.*a\.png"):
        stream_images(tmp_path)
