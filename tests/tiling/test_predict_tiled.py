"""Tiled predictions equal those of the whole image, for all sizes and outputs."""

import keras
import numpy as np
import pytest
from checks import check_docstring, slow_but
from tiled_models import built, calibrated, convolution, identity, in_ranks, of_networks

from keras_cae import models
from keras_cae.files import DiskFullError
from keras_cae.tiling import predict_tiled, receptive_field

SIZES = {1: (127, 2), 2: (67, 51, 1), 3: (61, 13, 26, 1)}
"""Images by rank, whose sides are not multiples of any stride, and which need several tiles along some axes."""
ALL = in_ranks(SIZES)
QUICK = [("basic", 1), ("basic of strides 3", 2), ("pooled", 2), ("skips", 2), ("denoising", 3)]


def random_image(shape, dtype="float32"):
    generator = np.random.default_rng(0)
    if dtype == "float32":
        return generator.random(shape, dtype="float32")
    return generator.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def whole(model, image):
    return model.predict(image[None], verbose=0)[0]


@pytest.fixture(scope="module")
def denoiser():
    return built("denoising")


def test_documented():
    check_docstring(predict_tiled)


# The result is that of the whole image


@pytest.mark.parametrize("case", slow_but(QUICK, ALL), ids=str)
def test_every_architecture_and_rank(case):
    architecture, rank = case
    shape = SIZES[rank]
    model = built(architecture, rank, shape[-1])
    image = random_image(shape)
    tile = tuple(extent + 2 * period for extent, period in zip(receptive_field(model), model.downsampling, strict=True))
    progress = []
    tiled = predict_tiled(model, image, tile=tile, progress=lambda *numbers: progress.append(numbers))
    assert tiled.dtype == np.float32
    assert progress == [(done, len(progress)) for done in range(1, len(progress) + 1)]
    assert len(progress) > 2
    np.testing.assert_allclose(tiled, whole(model, image), rtol=0, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 1, 1), (1, 70, 1), (31, 32, 1), (33, 64, 1)])
def test_any_size(denoiser, shape):
    image = random_image(shape)
    np.testing.assert_allclose(predict_tiled(denoiser, image, tile=32), whole(denoiser, image), rtol=0, atol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 5, 1000])
@pytest.mark.parametrize("more", [0, 9])
def test_larger_overlaps_and_any_batch(denoiser, batch_size, more):
    image = random_image((70, 41, 1))
    overlap = [extent + more for extent in receptive_field(denoiser)]
    tiled = predict_tiled(denoiser, image, tile=40, overlap=overlap, batch_size=batch_size)
    np.testing.assert_allclose(tiled, whole(denoiser, image), rtol=0, atol=1e-5)


def test_a_smaller_overlap_is_not_exact_but_close(denoiser):
    image = random_image((70, 41, 1))
    difference = np.abs(predict_tiled(denoiser, image, tile=16, overlap=4) - whole(denoiser, image)).max()
    assert 1e-5 < difference < 0.1


@keras.saving.register_keras_serializable(package="tiling_tests")
class CropLike(keras.layers.Layer):
    """Cuts the first of two batches to the size of the second."""

    def call(self, inputs):
        larger, smaller = inputs
        _, height, width, _ = keras.ops.shape(smaller)
        return larger[:, :height, :width]

    def compute_output_shape(self, input_shapes):
        return (*input_shapes[1][:-1], input_shapes[0][-1])


@pytest.mark.parametrize("shape", slow_but(((75, 48, 1),), ((75, 48, 1), (76, 49, 1))))
def test_networks_of_ones_own_keep_the_remainder_of_the_size(shape):
    # Strided convolutions use other pixels if the side is odd.
    def u_shaped(images):
        coarse = convolution(3, 3, strides=2, activation="relu")(images)
        return CropLike()([keras.layers.UpSampling2D(2)(coarse), images])

    model = of_networks(u_shaped, convolution(1, 3))
    assert receptive_field(model) == (
        7,
        7,
    )  # Two after for even sizes, two before for odd ones, and one for the last layer.
    image = random_image(shape)
    np.testing.assert_allclose(predict_tiled(model, image, tile=16), whole(model, image), rtol=0, atol=1e-5)


def test_maps_of_detectors_are_those_of_the_whole_image():
    detector = calibrated(built("basic"), "mse", (16, 16, 1), smoothing=0.7)
    image = random_image((71, 90, 1))
    tiled = predict_tiled(detector, image, tile=40)
    assert tiled.shape == (71, 90)
    np.testing.assert_allclose(tiled, detector.predict(image[None])["anomaly_map"][0], rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("score", ["ssim", "mae", "relative", "elbo", "mse+mae"])
def test_maps_of_all_scores(score):
    model = built("basic")
    if score == "elbo":
        model = models.VariationalCAE(2, filters=(2, 3))
        model.build((None, 16, 16, 1))
    detector = calibrated(model, score, (16, 16, 1))
    image = random_image((16, 16, 1) if score == "elbo" else (60, 45, 1))
    np.testing.assert_allclose(
        predict_tiled(detector, image, tile=None if score == "elbo" else 40),
        detector.predict(image[None])["anomaly_map"][0],
        rtol=1e-5,
        atol=1e-5,
    )


@pytest.mark.slow
def test_mixed_precision_and_normalizers():
    normalizer = keras.layers.Normalization(mean=[-500.0], variance=[1e6])
    model = built("denoising", dtype="mixed_bfloat16", normalizer=normalizer)
    image = 1000 * random_image((61, 40, 1)) - 1000
    expected = whole(model, image)
    np.testing.assert_allclose(predict_tiled(model, image, tile=32), expected, rtol=0, atol=1e-2 * np.ptp(expected))


# Models for which tiling is not exact


@pytest.mark.parametrize("shape", [(1, 1, 2), (5, 9, 2), (6, 6, 2), (7, 6, 2), (50, 31, 2)])
@pytest.mark.parametrize("overlap", [None, 0, (5, 1)])
def test_models_of_one_size_are_put_together_without_seams(shape, overlap):
    # With the identity as the model, the result is the input: weights add up to one, and positions are kept.
    image = random_image(shape)
    np.testing.assert_allclose(predict_tiled(identity(6, 2), image, overlap=overlap), image, rtol=0, atol=1e-6)


def test_a_dense_code_sees_a_tile_of_its_size():
    model = models.BasicCAE(latent_dim=2, filters=(2, 3), rank=1)
    model.build((None, 10, 1))
    signal = random_image((17, 1))
    tiled = predict_tiled(model, signal, overlap=0)
    np.testing.assert_allclose(tiled[:3], whole(model, signal[:10])[:3], atol=1e-6)
    np.testing.assert_allclose(tiled[-7:], whole(model, signal[7:])[-7:], atol=1e-6)


@pytest.mark.slow
def test_group_normalization_is_blended_with_a_warning():
    model = built(models.ResidualCAE(filters=(4, 8), rank=1), 1)
    image = random_image((90, 1))
    with pytest.warns(UserWarning, match="not exact with this ResidualCAE, whose normalization uses statistics"):
        tiled = predict_tiled(model, image, tile=64)
    expected = whole(model, image)
    assert np.abs(tiled - expected).max() < np.ptp(expected)
    np.testing.assert_allclose(predict_tiled(model, image, tile=90), expected, atol=1e-5)


@pytest.mark.slow
def test_global_pooling_is_warned_of():
    def attention(images):
        features = convolution(3, 3)(images)
        return keras.layers.Multiply()([features, keras.layers.GlobalAveragePooling2D(keepdims=True)(features)])

    model = of_networks(attention, convolution(1, 3))
    with pytest.warns(UserWarning, match="not exact with this CAE, whose outputs depend on the whole image"):
        tiled = predict_tiled(model, random_image((50, 40, 1)), tile=32)
    assert tiled.shape == (50, 40, 1)


def test_tiles_grow_for_the_overlap_that_the_model_needs(denoiser):
    image = random_image((60, 40, 1))
    with pytest.warns(UserWarning, match="Tiles of 8×8 pixels are too small for the overlap that this model needs"):
        tiled = predict_tiled(denoiser, image, tile=8)
    np.testing.assert_allclose(tiled, whole(denoiser, image), rtol=0, atol=1e-5)


# Values


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_integers_are_scaled_by_their_type_in_dark_tiles_too(denoiser, dtype):
    image = random_image((70, 40, 1), dtype)
    image[:40] = 1
    tiled = predict_tiled(denoiser, image, tile=32)
    np.testing.assert_allclose(tiled, whole(denoiser, image), rtol=0, atol=1e-5)
    white = np.iinfo(dtype).max
    rounded = predict_tiled(denoiser, image, tile=32, dtype=dtype)
    assert rounded.dtype == dtype
    expected = np.clip(np.rint(tiled.astype("float64") * white), 0, white)
    assert np.abs(rounded - expected).max() <= (1 if dtype == "uint16" else 0)


def test_integers_are_clipped():
    model = of_networks(keras.layers.Rescaling(3.0, -1.0), keras.layers.Identity())
    image = np.arange(256, dtype="uint8").reshape(16, 16, 1)
    expected = np.clip(3 * image.astype(int) - 255, 0, 255)
    np.testing.assert_array_equal(predict_tiled(model, image, tile=8, dtype="uint8"), expected)


@pytest.mark.slow
def test_data_of_another_unit_keep_it_in_integers():
    normalizer = keras.layers.Normalization()
    model = models.DenoisingCAE(filters=(2,), normalizer=normalizer)
    counts = 4000 * random_image((4, 30, 30, 1))
    model.compile("sgd", "mse")
    model.fit(counts, verbose=0)
    expected = whole(model, counts[0])
    found = predict_tiled(model, counts[0], tile=20, dtype="int16")
    np.testing.assert_allclose(found, np.rint(expected), atol=1)
    assert found.dtype == np.int16


def test_other_containers_and_types(denoiser):
    image = random_image((50, 40, 1))
    expected = predict_tiled(denoiser, image, tile=32)
    for same in (keras.ops.convert_to_tensor(image), image.tolist(), image.astype("float64"), image.astype(">f4")):
        np.testing.assert_allclose(predict_tiled(denoiser, same, tile=32), expected, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(predict_tiled(denoiser, image[:, ::-1][:, ::-1], tile=32), expected)


# Outputs


def test_memory_mapped_arrays(denoiser, tmp_path):
    image = random_image((75, 60, 1), "uint8")
    expected = whole(denoiser, image)
    np.save(tmp_path / "image.npy", image)
    mapped = np.load(tmp_path / "image.npy", mmap_mode="r")
    out = np.memmap(tmp_path / "out", "float32", "w+", shape=image.shape)
    out[:] = 7
    assert predict_tiled(denoiser, mapped, tile=32, out=out) is out
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-5)
    rounded = np.full(image.shape, 7, "uint8")
    predict_tiled(denoiser, mapped, tile=32, out=rounded)
    np.testing.assert_array_equal(rounded, np.clip(np.rint(255 * np.asarray(out, "float64")), 0, 255))
    private = np.load(tmp_path / "image.npy", mmap_mode="c")
    private[:] = 0
    np.testing.assert_allclose(predict_tiled(denoiser, private, tile=32), whole(denoiser, 0 * image), atol=1e-5)


@pytest.mark.parametrize("dtype", [None, "float16", "uint8"])
def test_files(denoiser, tmp_path, dtype):
    image = random_image((75, 60, 1), "uint8")
    path = tmp_path / "result.npy"
    found = predict_tiled(denoiser, image, tile=32, out=path, dtype=dtype)
    assert isinstance(found, np.memmap)
    assert found.mode == "r"
    np.testing.assert_array_equal(found, np.load(path))
    np.testing.assert_array_equal(found, predict_tiled(denoiser, image, tile=32, dtype=dtype))


def test_a_file_is_complete_or_as_it_was(denoiser, tmp_path):
    path = tmp_path / "result.npy"
    path.write_bytes(b"old")

    def stop(done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict_tiled(denoiser, random_image((75, 60, 1)), tile=32, out=path, progress=stop)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk(denoiser, small_disk):
    small_disk.fill(left=8192)
    with pytest.raises(DiskFullError):
        predict_tiled(denoiser, random_image((75, 60, 1)), tile=32, out=small_disk.path / "result.npy")
    assert small_disk.files() == []


def test_tiles_are_compiled_once(denoiser, monkeypatch):
    image = random_image((75, 60, 1))
    predict_tiled(denoiser, image, tile=32, overlap=20)
    monkeypatch.setattr(denoiser, "_reconstruct", None)
    predict_tiled(denoiser, image[:67], tile=32, overlap=20, batch_size=3)


# Errors


@pytest.mark.parametrize(
    ("image", "arguments", "message"),
    [
        (
            np.zeros((1, 9, 9, 1)),
            {},
            r"one image of shape \(height, width, channels\).*For a batch, pass image\[0\]",
        ),
        (np.zeros((9, 9)), {}, r"got the shape \(9, 9\). For a grey image, pass"),
        (np.zeros((9, 9, 3)), {}, r"built for images of shape \(None, None, 1\)"),
        (np.zeros((0, 9, 1)), {}, "image must have pixels along every axis"),
        (np.full((9, 9, 1), np.nan), {}, r"not a number \(NaN\)"),
        (np.full((9, 9, 1), np.inf), {}, "infinite"),
        (np.full((90, 90, 1), -3, "int16"), {}, "image has the type int16"),
        (None, {"tile": 1}, r"tile must be at least as large as the downsampling of this DenoisingCAE, \(2, 2\)"),
        (None, {"tile": 0}, "tile must be a positive integer"),
        (None, {"tile": (9, 9, 9)}, "tile must be an integer, or have one for each spatial axis"),
        (None, {"tile": 32, "overlap": 32}, "overlap must be at most 30 for tiles with a side of 32"),
        (None, {"tile": 900, "overlap": 1000}, "overlap must be at most 898 for tiles with a side of 900"),
        (None, {"tile": 32, "overlap": -1}, "overlap must be an integer, zero or above"),
        (None, {"overlap": 2.5}, "overlap must be an integer, zero or above"),
        (None, {"batch_size": 0}, "batch_size must be a positive integer"),
        (None, {"out": np.zeros((3, 3, 1), "float32")}, r"out must have the shape of the outputs, \(50, 40, 1\)"),
        (None, {"out": "result.png"}, "out must be the path of an .npy file"),
        (None, {"out": np.zeros((50, 40, 1)), "dtype": "uint8"}, "dtype must be the dtype of out, float64"),
        (None, {"dtype": "int16"}, "dtype must be a type in which images are stored"),
        (None, {"dtype": "complex64"}, "dtype must be a float type"),
    ],
)
def test_wrong_values(denoiser, image, arguments, message):
    with pytest.raises(ValueError, match=message):
        predict_tiled(denoiser, np.zeros((50, 40, 1), "float32") if image is None else image, **arguments)


def test_wrong_kinds(denoiser, tmp_path):
    image = random_image((50, 40, 1))
    with pytest.raises(TypeError, match="model must be a CAE or an AnomalyDetector"):
        predict_tiled(keras.Sequential(), image)
    with pytest.raises(TypeError, match="out must be an array to write to"):
        predict_tiled(denoiser, image, out=3)
    with pytest.raises(TypeError, match="progress must be a function"):
        predict_tiled(denoiser, image, progress=True)
    with pytest.raises(ValueError, match="out must not share memory with the image"):
        predict_tiled(denoiser, image, out=image)
    np.save(tmp_path / "image.npy", image)
    mapped, read_only = (np.load(tmp_path / "image.npy", mmap_mode=mode) for mode in ("r+", "r"))
    with pytest.raises(ValueError, match="out must not share memory with the image"):
        predict_tiled(denoiser, read_only, out=mapped)
    with pytest.raises(ValueError, match="out must be an array that can be written to"):
        predict_tiled(denoiser, image, out=read_only)


def test_wrong_models():
    with pytest.raises(ValueError, match=r"tile must be the size that this CAE was built for, \(6, 6\)"):
        predict_tiled(identity(6), random_image((20, 20, 1)), tile=8)
    with pytest.raises(ValueError, match="dtype must be a float type for these outputs"):
        predict_tiled(calibrated(built("basic"), "mse", (8, 8, 1)), random_image((20, 20, 1)), dtype="uint8")
    detector = calibrated(identity(6), "standardized", (6, 6, 1))
    with pytest.raises(ValueError, match="StandardizedScore compares pixels at the same position"):
        predict_tiled(detector, random_image((20, 20, 1)))
    smaller = of_networks(convolution(3, 3, strides=2), convolution(1, 3))
    with pytest.raises(ValueError, match="for tiles of 20×20 this model returns 10×10 outputs instead of 20×20"):
        predict_tiled(smaller, random_image((20, 20, 1)))
    with pytest.raises(ValueError, match="calibrate"):
        predict_tiled(type(detector)(built("basic"), "mse"), random_image((20, 20, 1)))
