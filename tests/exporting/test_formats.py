"""Every model, rank and part in every format, run in the runtime of the format."""

import importlib.util
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from exported_models import CHANNELS, KINDS, PARTS, RUNTIMES, SCORES, SIZES, SUFFIXES, images, make, make_detector
from runtimes import LOAD

from keras_cae.models import CAE

ODD_SIZES = {1: (33,), 2: (33, 47), 3: (9, 7, 13)}
"""An additional size for models that support any size."""
NOT_SEPARATE = ("SkipConnectionCAE", "DenoisingCAE")
"""The models whose decoders need feature maps of the encoder."""
CONFIGURATIONS = list(itertools.product(PARTS, (2, 1, 3), (True, False)))


def sampled():
    """One combination of format, part, rank and size for each kind, such that each of them occurs several times."""
    for number, (kind, name) in enumerate(zip(KINDS, itertools.cycle(SUFFIXES), strict=False)):
        part, rank, any_size = CONFIGURATIONS[(number * 5 + number // 3) % len(CONFIGURATIONS)]
        if part == "decoder" and kind in NOT_SEPARATE:
            part = "autoencoder"
        slow = () if number == 0 else pytest.mark.slow
        yield pytest.param(kind, name, part, rank, any_size, marks=slow)


def need(name):
    """Skip the test if a format can't be written or run."""
    for module in RUNTIMES.get(name, ()):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


def expected_of(model, part, batch):
    """An input of a part, and the output of the model."""
    if part == "encoder":
        return batch, model.encode(batch)
    if part == "decoder":
        codes = model.encode(batch)
        return codes, model.decode(codes)
    return batch, model.predict(batch, verbose=0)


@pytest.mark.parametrize(("kind", "name", "part", "rank", "any_size"), list(sampled()))
def test_a_file_computes_what_the_model_computes(kind, name, part, rank, any_size, tmp_path):
    need(name)
    try:
        model = make(kind, rank, any_size)
    except ValueError:  # Some support only images of a fixed size.
        any_size, model = False, make(kind, rank)
    path = tmp_path / f"exported{SUFFIXES[name]}"
    model.export(path, format=name, part=part, verify=False, verbose=False)
    sizes = (SIZES[rank], ODD_SIZES[rank]) if any_size else (SIZES[rank],)
    run = LOAD[name](path)
    for size, count in zip(itertools.cycle(sizes), (1, 5, 5, 1), strict=False):
        batch = np.random.default_rng(count).random((count, *size, CHANNELS), dtype="float32")
        given, expected = expected_of(model, part, batch)
        (found,) = run(given).values()
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, atol=1e-5 * max(1, np.abs(expected).max()))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("score", "name", "rank"),
    [
        (score, "openvino" if score == "ssim" else name, rank)
        for score, name, rank in zip(
            SCORES, itertools.cycle(("onnx", "litert")), itertools.cycle((2, 1, 2, 3)), strict=False
        )
    ]
    + [("standardized", "openvino", 1)],
)
def test_a_detector(score, name, rank, tmp_path):
    need(name)
    detector = make_detector(score, rank, smoothing=1.0)
    path = tmp_path / f"detector{SUFFIXES[name]}"
    detector.export(path, format=name, verbose=False)
    run = LOAD[name](path)
    for count in (1, 5):
        batch = images(rank, count, seed=1)
        found, expected = run(batch), detector.predict(batch)
        assert set(found) == {*expected, "threshold", "map_threshold"}
        assert (found["threshold"], found["map_threshold"]) == (detector.threshold, detector.map_threshold)
        for output in ("score", "anomaly_map"):
            atol = 1e-6 + 1e-4 * np.abs(expected[output]).max()
            np.testing.assert_allclose(found[output], expected[output], rtol=0, atol=atol, err_msg=output)
        np.testing.assert_array_equal(found["is_anomaly"], found["score"] > detector.threshold)
        np.testing.assert_array_equal(found["mask"], found["anomaly_map"] > detector.map_threshold)
        assert found["probability"] == pytest.approx(expected["probability"], abs=0.05)


@pytest.mark.parametrize(
    ("policy", "name"),
    [("mixed_float16", "litert"), ("mixed_bfloat16", "onnx"), ("float64", "onnx"), ("float64", "litert")],
)
@pytest.mark.slow
def test_files_compute_in_single_precision(policy, name, tmp_path):
    need(name)
    model = make("BatchNormPoolCAE", dtype=policy)
    path = tmp_path / f"exported{SUFFIXES[name]}"
    report = model.export(path, format=name, verbose=False, input_dtype="float32")
    assert report.largest_difference < 1e-6
    (found,) = LOAD[name](path)(images(count=5)).values()
    assert found.dtype == "float32"
    np.testing.assert_allclose(
        found, model.predict(images(count=5), verbose=0), atol=1e-5 if policy == "float64" else 0.02
    )


@pytest.mark.slow
def test_quantized(tmp_path):
    need("litert")
    model = make("BatchNormPoolCAE")
    model.compile("adam", "mse")
    data = (0.5 + 0.4 * np.sin(np.arange(12) / 3 + np.arange(40)[:, None, None])) * np.ones((40, 9, 12))
    data = np.repeat(np.round(255 * data)[..., None], 2, -1).astype("uint8")
    model.fit(data, epochs=30, verbose=0)
    report = model.export(
        tmp_path / "small.tflite", format="litert", quantize="int8", representative_images=data, verbose=False
    )
    (found,) = LOAD["litert"](tmp_path / "small.tflite")(data).values()
    expected = model.predict(data, verbose=0)
    errors = [np.mean((values - data / 255.0) ** 2) for values in (found, expected)]
    psnr, own = (10 * np.log10((data.max() / 255) ** 2 / error) for error in errors)
    assert report.psnr == pytest.approx(psnr, abs=1e-3)
    assert report.psnr_loss == pytest.approx(own - psnr, abs=1e-3)
    assert report.largest_difference == pytest.approx(np.abs(found - expected).max(), abs=1e-5)
    assert 0 < np.abs(found - expected).max() < 0.1
    details = tf.lite.Interpreter(model_path=str(tmp_path / "small.tflite")).get_tensor_details()
    assert any(detail["dtype"] == np.int8 for detail in details)


@pytest.mark.slow
def test_constants_of_a_network_are_inside_of_onnx(tmp_path):
    need("onnx")
    shape, mean = (6, 5, 200), np.arange(200.0)
    encoder = keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Normalization(mean=mean, variance=mean + 1),
            keras.layers.Flatten(),
            keras.layers.Dense(4),
        ]
    )
    decoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6000), keras.layers.Reshape(shape)])
    model = CAE(encoder, decoder)
    model.build((None, *shape))
    model.export(tmp_path / "own.onnx", format="onnx", verify=False, verbose=False)
    batch = np.random.default_rng(0).random((3, *shape), dtype="float32")
    (found,) = LOAD["onnx"](tmp_path / "own.onnx")(batch).values()  # It has a single input.
    np.testing.assert_allclose(found, model.predict(batch, verbose=0), atol=1e-4)


@pytest.mark.slow
def test_a_file_that_the_runtime_does_not_load_is_refused(tmp_path):
    need("openvino")
    detector = make_detector("ssim", any_size=True)
    with pytest.raises(
        ValueError, match=r"can't be exported to OpenVINO, which does not support GroupConvolution.*images of one size"
    ):
        detector.export(tmp_path / "detector.xml", format="openvino", verbose=False)
    assert not list(tmp_path.iterdir())
