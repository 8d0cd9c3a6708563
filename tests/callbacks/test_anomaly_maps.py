"""The results and figures of `AnomalyMaps`."""

import keras
import numpy as np
import pytest
from event_files import written

from keras_cae.anomaly import AnomalyDetector
from keras_cae.callbacks import AnomalyMaps
from keras_cae.models import CAE, BasicCAE

GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.uniform(0.2, 0.4, (20, 9, 12, 1)).astype("float32")
MASKS = np.zeros((20, 9, 12), bool)
MASKS[:6, 2:5, 3:7] = True
IMAGES[MASKS] = 1.0
LABELS = MASKS.any(axis=(1, 2))


def trained(*callbacks, epochs=2, images=IMAGES[6:], model=None):
    keras.utils.set_random_seed(0)
    model = model or BasicCAE(3, filters=(4, 6))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model, model.fit(images, epochs=epochs, callbacks=list(callbacks), verbose=0).history


@pytest.mark.parametrize("score", ["mse", "relative", "standardized"])
def test_the_results_are_those_of_a_detector_around_the_model(tmp_path, score):
    callback = AnomalyMaps(IMAGES, tmp_path, masks=MASKS, score=score, pooling="max", freq=5)
    model, history = trained(callback)
    detector = AnomalyDetector(model, score, pooling="max").calibrate(IMAGES[6:])
    with pytest.warns(UserWarning, match="aupimo"):
        expected = detector.evaluate(IMAGES, LABELS, MASKS)
    for name in ("image_auroc", "average_precision", "pixel_auroc", "aupro"):
        assert history[f"val_{name}"][-1] == pytest.approx(expected[name], rel=1e-5), name
        assert written(tmp_path)[f"anomaly/{name}"].keys() == {0, 1}
    assert not {"val_f1", "val_accuracy", "val_aupimo"} & history.keys()


def test_training_can_stop_at_the_best_detector(tmp_path):
    callback = AnomalyMaps(IMAGES, tmp_path, labels=LABELS, score="mse")
    stop = keras.callbacks.EarlyStopping("val_image_auroc", mode="max", patience=1)
    _, history = trained(callback, stop, epochs=50)
    assert len(history["val_image_auroc"]) < 50


def test_without_labels_there_are_maps_only(tmp_path):
    _, history = trained(AnomalyMaps(IMAGES, tmp_path, score="mse"))
    assert list(history) == ["loss"]
    assert [tag for tag in written(tmp_path) if tag.startswith("anomaly/")] == ["anomaly/maps"]


def test_anomalous_and_normal_images_are_shown_by_turns(tmp_path):
    callback = AnomalyMaps(IMAGES, tmp_path, labels=LABELS, max_images=5)
    assert callback._shown().tolist() == [0, 6, 1, 7, 2]


def test_a_score_may_be_a_function(tmp_path):
    def brightest(images, reconstructions):
        return keras.ops.max(images, axis=-1)

    _, history = trained(AnomalyMaps(IMAGES, tmp_path, labels=LABELS, score=brightest, pooling="max"))
    assert history["val_image_auroc"] == [1.0, 1.0]


def test_signals(tmp_path):
    signals, labels = IMAGES[:, 4], LABELS
    encoder = keras.Sequential([keras.Input((12, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    decoder = keras.Sequential([keras.Input((2,)), keras.layers.Dense(12), keras.layers.Reshape((12, 1))])
    callback = AnomalyMaps(signals, tmp_path, labels=labels, score="mse")
    _, history = trained(callback, images=signals[6:], model=CAE(encoder, decoder))
    assert history["val_image_auroc"][-1] > 0.9
    assert "anomaly/maps" in written(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": [0, 1]}, "labels must have one entry for each image, got 2 for 20 images"),
        ({"labels": np.ones(20)}, "labels must contain normal and anomalous images, got 20 anomalous images"),
        ({"masks": MASKS[:, :4]}, "masks must have the size of the images"),
        ({"masks": np.zeros_like(MASKS)}, "got 20 normal images"),
        ({"masks": 3}, "masks must be an array"),
        ({"score": "best"}, "score must be one of"),
    ],
)
def test_what_it_refuses(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        AnomalyMaps(IMAGES, tmp_path, **arguments)


def test_other_models_are_refused(tmp_path):
    model = keras.Sequential([keras.Input((9, 12, 1)), keras.layers.Conv2D(1, 3, padding="same")])
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match="AnomalyMaps can't show Sequential"):
        model.fit(IMAGES, IMAGES, callbacks=[AnomalyMaps(IMAGES, tmp_path)], verbose=0)
