"""`keras-cae denoise`, from noisy files to clean ones in the same format."""

import json
import struct
import zlib

import keras
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, ImageOps, PngImagePlugin
from typer.testing import CliRunner

import keras_cae
from keras_cae.cli.app import app
from keras_cae.cli.denoising import denoisers
from keras_cae.cli.denoising.trained import Patches
from keras_cae.models import BasicCAE, BlindSpotCAE, DenoisingCAE
from keras_cae.presets import bundled

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
DARKER = 0.5
GREY = np.random.default_rng(0).integers(0, 256, (21, 30), dtype="uint8")
COLOURS = np.random.default_rng(1).integers(0, 256, (21, 30, 3), dtype="uint8")
ALPHA = np.random.default_rng(2).integers(0, 256, (21, 30, 1), dtype="uint8")


def unchanging(channels):
    """A model that does not change images, because it subtracts a prediction, and all of its weights are 0."""
    model = DenoisingCAE(1, filters=(2, 3))
    model.build((None, None, None, channels))
    for weight in model.trainable_variables:
        weight.assign(keras.ops.zeros_like(weight))
    return model


@pytest.fixture(scope="module")
def model_files(tmp_path_factory):
    """Models that do not change images: one for grey images, one for colour images."""
    folder = tmp_path_factory.mktemp("models")
    for name, channels in (("grey", 1), ("colour", 3)):
        unchanging(channels).save(folder / f"{name}.keras")
        unchanging(channels).save_to_preset(folder / "bundled" / f"photographs-{name}")
    return folder


def invoke(*arguments):
    return CliRunner().invoke(app, ["denoise", *map(str, arguments)])


def denoised(model_files, *inputs, out):
    """The output of the command with a model for colour images that does not change them."""
    result = invoke(*inputs, "--out", out, "--model", model_files / "colour.keras", "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_the_form_of_files(model_files, tmp_path):
    """The model does not change images, so all differences are due to the command."""
    noisy = tmp_path / "noisy"
    (noisy / "nested" / "deeper").mkdir(parents=True)
    saved = {
        "grey.png": (GREY, {"icc_profile": PROFILE, "dpi": (300, 300)}),
        "nested/colour.png": (COLOURS, {"icc_profile": PROFILE}),
        "nested/deeper/opacity.png": (np.concatenate([COLOURS, ALPHA], -1), {}),
        "nested/grey opacity.png": (np.concatenate([GREY[..., None], ALPHA], -1), {}),
        "deep.png": (GREY.astype("uint16") * 257 + 3, {}),
        "twelve bits.png": (GREY.astype("uint16") * 16 + 3, {}),
        "deep.tif": (GREY.astype("uint16") * 257 + 3, {"icc_profile": PROFILE, "compression": "tiff_lzw"}),
        "floats.tiff": (GREY.astype("float32") / 255, {}),
        "colour.tif": (COLOURS, {"compression": "tiff_adobe_deflate", "tiffinfo": {315: "Ansel"}}),
        "colour.bmp": (COLOURS, {}),
        "lossless.webp": (COLOURS, {"lossless": True, "icc_profile": PROFILE}),
        "grey.colours.png": (np.repeat(GREY[..., None], 3, -1), {}),
    }
    for name, (array, settings) in saved.items():
        Image.fromarray(array).save(noisy / name, **settings)
    report = denoised(model_files, noisy, out=tmp_path / "clean")
    assert report["images"] == len(saved)
    assert report["skipped"] == []
    kinds = {file["file"].split("noisy/")[1]: file["kind"] for file in report["files"]}
    assert {name for name, kind in kinds.items() if kind == "grey"} == {
        name for name in saved if "grey" in name or "deep." in name or name.startswith(("twelve", "floats"))
    }
    for name, (_, settings) in saved.items():
        with Image.open(noisy / name) as before, Image.open(tmp_path / "clean" / name) as after:
            assert (after.format, after.mode, after.size) == (before.format, before.mode, before.size), name
            assert after.info.get("icc_profile") == before.info.get("icc_profile"), name
            assert after.info.get("compression") == before.info.get("compression"), name
            if "dpi" in settings:
                assert after.info["dpi"] == before.info["dpi"]
            if "tiffinfo" in settings:
                assert after.tag_v2[315] == "Ansel"
            tolerance = 1e-6 if before.mode == "F" else 0
            np.testing.assert_allclose(np.asarray(after), np.asarray(before), atol=tolerance, err_msg=name)


def test_jpegs_lie_upright(model_files, tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    smooth = np.uint8(np.add.outer(np.arange(48), np.arange(64))[..., None] + [0, 40, 80])
    Image.fromarray(smooth).save(
        tmp_path / "p.JPG", quality=93, subsampling=0, exif=exif, icc_profile=PROFILE, progressive=True
    )
    before = (tmp_path / "p.JPG").read_bytes()
    denoised(model_files, tmp_path / "p.JPG", out=tmp_path / "clean")
    assert (tmp_path / "p.JPG").read_bytes() == before
    with Image.open(tmp_path / "p.JPG") as original, Image.open(tmp_path / "clean" / "p.JPG") as after:
        assert after.size == (48, 64)
        assert after.format == "JPEG"
        assert after.getexif().get(0x0112, 1) == 1
        assert after.getexif()[0x010F] == "Maker"
        assert after.info["icc_profile"] == PROFILE
        assert after.quantization == original.quantization
        assert after.layer == original.layer  # chroma subsampling
        assert "progressive" in after.info
        upright = np.asarray(ImageOps.exif_transpose(original)).astype(int)
        assert np.abs(np.asarray(after).astype(int) - upright).mean() < 1


def deep_png(path, array, *chunks):
    """A 16-bit PNG file with further chunks."""
    colour_type = {2: 4, 3: 2, 4: 6}[array.shape[-1]]
    height, width = array.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    every = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    content = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in every
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_colours_of_16_bits(model_files, tmp_path, channels):
    import tensorflow as tf

    array = np.random.default_rng(0).integers(0, 65536, (11, 17, channels), dtype="uint16")
    exif = Image.Exif()
    exif[0x0112] = 8
    chunks = [(b"iCCP", b"name\0\0" + zlib.compress(PROFILE)), (b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))]
    deep_png(tmp_path / "deep.png", array, *chunks)
    denoised(model_files, tmp_path / "deep.png", out=tmp_path / "clean")
    written = (tmp_path / "clean" / "deep.png").read_bytes()
    result = tf.io.decode_png(written, dtype=tf.uint16).numpy()
    np.testing.assert_array_equal(result, np.rot90(array))
    with Image.open(tmp_path / "clean" / "deep.png") as after:
        assert isinstance(after, PngImagePlugin.PngImageFile)
        assert after.info["icc_profile"] == PROFILE
        assert after.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("channels", [3, 4])
def test_tiffs_of_16_bit_colours(model_files, tmp_path, channels):
    array = np.random.default_rng(0).integers(0, 65536, (11, 17, channels), dtype="uint16")
    alpha = {"extrasamples": (2,)} if channels == 4 else {}
    tifffile.imwrite(tmp_path / "deep.tif", array, photometric="rgb", iccprofile=PROFILE, **alpha)
    denoised(model_files, tmp_path / "deep.tif", out=tmp_path / "clean")
    with tifffile.TiffFile(tmp_path / "clean" / "deep.tif") as after:
        np.testing.assert_array_equal(after.asarray(), array)
        assert after.pages[0].iccprofile == PROFILE


def test_noise_is_removed_and_alpha_is_not_touched(tmp_path):
    """With a model that halves values, colours are half as bright, and alpha is unchanged."""
    encoder = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Rescaling(DARKER)])
    decoder = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Rescaling(1.0)])
    model = keras_cae.models.CAE(encoder, decoder)
    model.build((None, None, None, 1))
    model.save_to_preset(tmp_path / "half")
    Image.fromarray(np.concatenate([COLOURS, ALPHA], -1)).save(tmp_path / "image.png")
    result = invoke(tmp_path / "image.png", "--out", tmp_path / "clean", "--model", tmp_path / "half")
    assert result.exit_code == 0, result.output
    assert "Denoised: 1 image" in result.stdout
    made = pixels(tmp_path / "clean" / "image.png")
    np.testing.assert_array_equal(made[..., :3], np.rint(COLOURS * np.float32(DARKER)))
    np.testing.assert_array_equal(made[..., 3:], ALPHA)


def test_damaged_files_are_named_and_skipped(model_files, tmp_path):
    noisy = tmp_path / "noisy"
    noisy.mkdir()
    Image.fromarray(GREY).save(noisy / "good.png")
    (noisy / "bad.png").write_bytes((noisy / "good.png").read_bytes()[:100])
    (noisy / "text.jpg").write_text("no image")
    Image.fromarray(COLOURS).convert("CMYK").save(noisy / "print.jpg")
    frames = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    frames[0].save(noisy / "moving.gif", save_all=True, append_images=frames[1:])
    report = denoised(model_files, noisy, out=tmp_path / "clean")
    assert [file["result"] for file in report["files"]] == [str(tmp_path / "clean" / "good.png")]
    reasons = {skipped["path"].rsplit("/", 1)[1]: skipped["reason"] for skipped in report["skipped"]}
    assert set(reasons) == {"bad.png", "text.jpg", "print.jpg", "moving.gif"}
    assert reasons["print.jpg"] == "its colours are CMYK, not grey or RGB"
    assert reasons["moving.gif"] == "2 images in one file"
    assert [path.name for path in (tmp_path / "clean").rglob("*")] == ["good.png"]
    (noisy / "good.png").unlink()
    result = invoke(noisy, "--out", tmp_path / "none", "--model", model_files / "grey.keras")
    assert result.exit_code == 2
    assert "None of the images could be denoised" in result.stderr
    assert "bad.png" in result.stderr


def test_names_never_meet(model_files, tmp_path):
    for folder in ("a/sub", "b/sub", "c"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("a/sub/same.png", "b/sub/same.png", "b/other.png", "c/third.png"):
        Image.fromarray(GREY).save(tmp_path / name)
    inputs = (tmp_path / "a", tmp_path / "b", tmp_path / "c" / "third.png", tmp_path / "b" / "other.png")
    report = denoised(model_files, *inputs, out=tmp_path / "clean")
    expected = {"a/sub/same.png", "b/sub/same.png", "other.png", "third.png"}
    assert {file["result"] for file in report["files"]} == {str(tmp_path / "clean" / name) for name in expected}
    assert all((tmp_path / "clean" / name).is_file() for name in expected)


def test_bundled_presets(model_files, tmp_path, monkeypatch):
    Image.fromarray(COLOURS).save(tmp_path / "colours.png")
    Image.fromarray(GREY).save(tmp_path / "grey.png")
    inputs = (tmp_path / "colours.png", tmp_path / "grey.png")
    monkeypatch.setattr(bundled, "ROOT", tmp_path / "nothing")
    result = invoke(*inputs, "--out", tmp_path / "none")
    assert result.exit_code == 2
    assert "contains no preset for photographs" in result.stderr
    assert "--model" in result.stderr
    assert "--train" in result.stderr
    assert not (tmp_path / "none").exists()
    monkeypatch.setattr(bundled, "ROOT", model_files / "bundled")
    taken = []
    predict = denoisers.predict_tiled
    monkeypatch.setattr(denoisers, "predict_tiled", lambda m, image: taken.append(image.shape[-1]) or predict(m, image))
    assert invoke(*inputs, "--out", tmp_path / "clean").exit_code == 0
    assert taken == [3, 1]
    np.testing.assert_array_equal(pixels(tmp_path / "clean" / "colours.png"), COLOURS)
    result = invoke(*inputs, "--out", tmp_path / "named", "--model", "photographs-grey", "--json")
    assert json.loads(result.stdout)["model"] == "photographs-grey"


def test_patches_to_train_on(tmp_path):
    images = {"colour": COLOURS, "large": np.uint8(np.add.outer(np.arange(100), np.arange(90)))}
    for name, image in images.items():
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    data = Patches([tmp_path / "large.png"], 1, 3, seed=1)
    assert len(data) == 3
    assert data[0].shape == (4, 64, 64, 1)
    assert not np.array_equal(data[0], data[1])
    np.testing.assert_array_equal(data[0], Patches([tmp_path / "large.png"], 1, 3, seed=1)[0])
    assert np.ptp(data[0]) > 0
    assert data[0].max() <= 188 / 255
    for patch in data[0][..., 0]:  # The values of the image increase by one from pixel to pixel.
        np.testing.assert_allclose(np.abs(np.diff(patch, axis=0)), 1 / 255, atol=1e-6)
    assert Patches([tmp_path / "colour.png"], 3, 1, seed=0)[0].shape == (4, 64, 64, 3)


@pytest.mark.slow
def test_training_on_the_images(tmp_path):
    noisy = tmp_path / "noisy"
    noisy.mkdir()
    clean = np.full((40, 50), 128.0)
    generator = np.random.default_rng(0)
    for number in range(2):
        array = np.clip(clean + generator.normal(0, 25, clean.shape), 0, 255).astype("uint8")
        Image.fromarray(array).save(noisy / f"{number}.png")
    Image.fromarray(COLOURS).save(noisy / "small.png")  # smaller than a patch
    (noisy / "bad.png").write_bytes(b"bad")
    result = invoke(noisy, "--out", tmp_path / "clean", "--train", "--steps", 60, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["model"] == "BlindSpotCAE, trained on the grey and colour images"
    assert [skipped["path"].rsplit("/", 1)[1] for skipped in report["skipped"]] == ["bad.png"]
    for number in range(2):
        before, after = (pixels(folder / f"{number}.png").astype(float) for folder in (noisy, tmp_path / "clean"))
        assert np.std(after) < np.std(before) / 2
        assert abs(after.mean() - 128) < 5
    assert pixels(tmp_path / "clean" / "small.png").shape == COLOURS.shape


def test_a_model_in_a_unit_of_its_own(tmp_path):
    model = BlindSpotCAE(1, filters=(2,), seed=0)
    model.compile("adam", "mse")
    model.fit(GREY[None, ..., None].astype("float32"), verbose=0)
    model.save(tmp_path / "counts.keras")
    Image.fromarray(GREY).save(tmp_path / "grey.png")
    result = invoke(tmp_path / "grey.png", "--out", tmp_path / "clean", "--model", tmp_path / "counts.keras")
    assert result.exit_code == 0, result.output
    expected = np.clip(np.rint(model.predict(GREY[None, ..., None].astype("float32"), verbose=0)[0, ..., 0]), 0, 255)
    np.testing.assert_allclose(pixels(tmp_path / "clean" / "grey.png"), expected, atol=1)


def test_what_is_refused(model_files, tmp_path):
    Image.fromarray(GREY).save(tmp_path / "grey.png")
    before = (tmp_path / "grey.png").read_bytes()
    model = ("--model", model_files / "grey.keras")
    signals = BasicCAE(2, rank=1, filters=(2,))
    signals.build((None, 16, 1))
    signals.save(tmp_path / "signals.keras")
    (tmp_path / "empty").mkdir()
    cases = [
        ((tmp_path / "grey.png", "--out", tmp_path, *model), "a folder that is not empty"),
        ((tmp_path / "none.png", "--out", tmp_path / "o", *model), "There is no file or folder"),
        ((tmp_path / "empty", "--out", tmp_path / "o", *model), "There are no images in the folder"),
        ((tmp_path / "grey.png", "--out", tmp_path / "o", "--train", *model), "--model and --train can't be combined"),
        (
            (tmp_path / "grey.png", "--out", tmp_path / "o", "--steps", 3, *model),
            "--steps has an effect only with --train",
        ),
        ((tmp_path / "grey.png", "--out", tmp_path / "o", "--model", "nothing"), "There is no preset 'nothing'"),
        ((tmp_path / "grey.png", "--out", tmp_path / "o", "--model", tmp_path / "grey.png"), "can't be loaded"),
        (
            (tmp_path / "grey.png", "--out", tmp_path / "o", "--model", tmp_path / "signals.keras"),
            "must be a model for images with 1 or 3 channels",
        ),
    ]
    for arguments, words in cases:
        result = invoke(*arguments)
        assert result.exit_code == 2, result.output
        assert words in result.stderr
        assert not (tmp_path / "o").exists()
    assert invoke(tmp_path / "grey.png").exit_code == 2  # without --out
    assert (tmp_path / "grey.png").read_bytes() == before
