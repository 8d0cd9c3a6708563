"""The arguments, errors, checks and reports of `export`."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from exported_models import CHANNELS, images, make, make_detector

from keras_cae.exporting import file_format, verification
from keras_cae.exporting.saved_model_format import SavedModelFormat
from keras_cae.models import BasicCAE


@pytest.fixture(scope="module")
def model():
    """A model that was trained on floats from 0 to 1."""
    model = make("BasicCAE")
    model.compile("adam", "mse")
    model.fit(images(), verbose=0)
    return model


def served(path, batch):
    artifact = tf.saved_model.load(str(path))
    return artifact.serve(tf.constant(batch)).numpy()


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_integers_are_scaled_in_the_file(model, dtype, tmp_path):
    report = model.export(tmp_path / "encoder", part="encoder", input_dtype=dtype, verbose=False)
    assert report.largest_difference < 1e-6
    white = np.iinfo(dtype).max
    batch = np.round(images(count=5) * white).astype(dtype)
    np.testing.assert_allclose(served(tmp_path / "encoder", batch), model.encode(batch / np.float32(white)), atol=1e-5)


def test_the_report(model, tmp_path, capsys):
    report = model.export(tmp_path / "decoder", part="decoder")
    assert capsys.readouterr().out.strip() == str(report)
    assert (report.filepath, report.format, report.part) == (str(tmp_path / "decoder"), "tf_saved_model", "decoder")
    assert 0 <= report.largest_difference < 1e-6
    assert report.psnr is None
    report = model.export(tmp_path / "decoder", part="decoder", verify=False)
    assert report.largest_difference is None
    assert "It was not verified" in capsys.readouterr().out


def test_an_input_signature(model, tmp_path):
    spec = keras.InputSpec(shape=(2, 9, 12, CHANNELS), dtype="uint8")
    model.export(tmp_path / "fixed", input_signature=[spec], verbose=False)
    (taken,) = tf.saved_model.load(str(tmp_path / "fixed")).signatures["serve"].structured_input_signature[1].values()
    assert (tuple(taken.shape), taken.dtype) == ((2, 9, 12, CHANNELS), "uint8")


def with_features(model):
    return make("SkipConnectionCAE")


def of_many_units(model):
    model = BasicCAE(3, filters=(4,), output_activation="linear")
    model.compile("adam", "mse")
    model.fit(1000 * images(), verbose=0)
    return model


@pytest.mark.parametrize(
    ("make_model", "arguments", "message"),
    [
        (None, {"format": "torch"}, "format must be one of 'tf_saved_model'"),
        (None, {"part": "bottleneck"}, "part must be one of 'autoencoder'"),
        (None, {"input_dtype": "int8"}, "input_dtype must be one of 'uint8'"),
        (None, {"part": "decoder", "input_dtype": "uint8"}, "input_dtype is not supported for part='decoder'"),
        (None, {"format": "litert"}, "filepath must end with '.tflite'"),
        (None, {"opset_version": 18}, "opset_version is not an option of format='tf_saved_model'"),
        (None, {"verify": "yes"}, "verify must be True or False"),
        (None, {"quantize": "int8"}, "quantize='int8' is only supported for format='litert'"),
        (None, {"representative_images": images()}, "representative_images requires quantize='int8'"),
        (None, {"input_signature": [keras.InputSpec(shape=(None, 8, 12, CHANNELS))]}, "must have the shape"),
        (
            None,
            {"input_signature": [keras.InputSpec(shape=(None, 9, 12, CHANNELS))], "input_dtype": "uint8"},
            "can't be combined, because a signature has a dtype",
        ),
        (with_features, {"part": "decoder"}, "because it needs feature maps of the encoder"),
        (of_many_units, {"input_dtype": "uint8"}, "uint8 is not supported as the input .* trained on floats from"),
    ],
)
def test_what_is_refused(model, make_model, arguments, message, tmp_path):
    model = model if make_model is None else make_model(model)
    with pytest.raises(ValueError, match=message):
        model.export(tmp_path / "exported", verbose=False, **arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "suffix"), [("onnx", ".onnx"), ("openvino", ".xml")])
def test_a_package_that_is_missing_is_named_before_the_work(model, name, suffix, tmp_path, monkeypatch):
    monkeypatch.setattr(file_format, "is_installed", lambda module: False)
    with pytest.raises(ImportError, match=rf'format=\'{name}\' needs .*the extra "{name}".*: pip install '):
        model.export(tmp_path / f"exported{suffix}", format=name)


def test_a_runtime_that_is_missing_is_a_warning(model, tmp_path, monkeypatch):
    monkeypatch.setattr(SavedModelFormat, "runtimes", ("no_such_runtime",))
    monkeypatch.setattr(SavedModelFormat, "extra", "tiff")
    with pytest.warns(UserWarning, match=r'was not compared .* no_such_runtime is not installed.*the extra "tiff"'):
        report = model.export(tmp_path / "exported", verbose=False)
    assert report.largest_difference is None


WRONG = {
    "reconstructions that differ by up to": lambda outputs: {name: value * 1.001 for name, value in outputs.items()},
    "of shape": lambda outputs: {name: value[:, :-1] for name, value in outputs.items()},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_file_is_an_error_and_the_old_one_stays(model, wrong, tmp_path, monkeypatch):
    model.export(tmp_path / "exported", verbose=False)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    load = SavedModelFormat.load

    def load_wrong(self, path):
        run = load(self, path)
        return lambda batch: WRONG[wrong](run(batch))

    monkeypatch.setattr(SavedModelFormat, "load", load_wrong)
    with pytest.raises(ValueError, match=rf"to a SavedModel, but for a batch of shape .*{wrong}.* was deleted"):
        model.export(tmp_path / "exported", verbose=False)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_a_decision_that_contradicts_its_score(tmp_path, monkeypatch):
    detector = make_detector("mse")
    load = SavedModelFormat.load

    def load_wrong(self, path):
        run = load(self, path)
        return lambda batch: {**(found := run(batch)), "is_anomaly": ~found["is_anomaly"]}

    monkeypatch.setattr(SavedModelFormat, "load", load_wrong)
    with pytest.raises(ValueError, match="is_anomaly that contradict its other outputs"):
        detector.export(tmp_path / "detector", verbose=False)


def scores_off_by(monkeypatch, error, detector):
    """Make files return scores that are wrong by a fraction of the spread of normal scores, and all that follows."""
    load = SavedModelFormat.load
    calibration = detector.calibration

    def load_wrong(self, path):
        run = load(self, path)

        def wrong(batch):
            found = run(batch)
            score = found["score"] + np.float32(error * calibration.spread())
            probability = keras.ops.convert_to_numpy(calibration.probability(tf.constant(score)))
            return {**found, "score": score, "probability": probability, "is_anomaly": score > found["threshold"]}

        return wrong

    monkeypatch.setattr(SavedModelFormat, "load", load_wrong)


@pytest.mark.parametrize("score", ["relative", "mse", "mse+ssim"])
def test_the_scores_of_a_single_image_are_compared_on_the_scale_of_normal_scores(score, tmp_path, monkeypatch):
    detector = make_detector(score)
    scores_off_by(monkeypatch, 1e-4, detector)
    detector.export(tmp_path / "detector", verbose=False)
    scores_off_by(monkeypatch, 1e-2, detector)
    with pytest.raises(ValueError, match="score that differ by up to"):
        detector.export(tmp_path / "detector", verbose=False)


@pytest.mark.parametrize(("right", "accepted"), [(verification.DRAWS, True), (verification.DRAWS + 1, False)])
def test_rounding_may_choose_another_vector_of_a_codebook(tmp_path, monkeypatch, right, accepted):
    """The file agrees with the model in every third batch only, as if another vector was chosen in the others."""
    load, batches = SavedModelFormat.load, itertools.count(1)

    def load_wrong(self, path):
        run = load(self, path)
        return lambda batch: {name: value + (next(batches) % right > 0) for name, value in run(batch).items()}

    monkeypatch.setattr(SavedModelFormat, "load", load_wrong)
    model = make("VectorQuantizedCAE", any_size=True)
    if accepted:
        model.export(tmp_path / "exported", verbose=False)
    else:
        with pytest.raises(ValueError, match="that differ by up to 1, but only"):
            model.export(tmp_path / "exported", verbose=False)


def test_any_size_is_tried_at_an_odd_one(tmp_path, monkeypatch):
    model = make("BasicCAE", any_size=True)
    shapes = []
    difference = verification._difference
    monkeypatch.setattr(
        verification, "_difference", lambda *given: shapes.append(given[2].shape[:-1]) or difference(*given)
    )
    model.export(tmp_path / "exported", verbose=False)
    assert sorted({shape[0] for shape in shapes}) == [1, 5]
    sizes = {shape[1:] for shape in shapes}
    assert len(sizes) == 2
    assert any(all(side % 2 for side in size) for size in sizes)


def test_a_path_that_is_not_on_this_machine(model):
    report = model.export("ram://exports/model", verbose=False)
    assert report.filepath == "ram://exports/model"
    batch = images(count=5)
    np.testing.assert_allclose(served("ram://exports/model", batch), model.predict(batch, verbose=0), atol=1e-6)
