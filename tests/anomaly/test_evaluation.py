"""The results of `evaluate`, compared with scikit-learn and plain definitions."""

import warnings

import numpy as np
import pytest
import tensorflow as tf
from overlap import area_under_overlap
from sklearn import metrics
from tiny_detectors import blurring, random_images

from keras_cae.anomaly import AnomalyDetector
from keras_cae.anomaly.pixel_rankings import PixelRankings

SHAPE = (20, 25, 1)
NORMAL = random_images(60, SHAPE)
GENERATOR = np.random.default_rng(5)
LABELS = np.arange(40) % 3 == 0


def with_defects():
    """Images, some of which have two defects each, and the masks of the defects."""
    images, masks = random_images(40, SHAPE, seed=1), np.zeros((40, *SHAPE[:2]), bool)
    for number in np.flatnonzero(LABELS):
        for size in (2, 5):
            top, left = GENERATOR.integers(0, 15, 2)
            masks[number, top : top + size, left : left + size] = True
        images[number][masks[number]] += GENERATOR.uniform(0, 0.8)
    return images, masks


IMAGES, MASKS = with_defects()


@pytest.fixture(scope="module")
def detector():
    return AnomalyDetector(blurring(SHAPE), "mse").calibrate(NORMAL, 0.1)


@pytest.fixture(scope="module")
def results(detector):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return detector.evaluate(IMAGES, LABELS, MASKS, batch_size=7)


def test_images(detector, results):
    scores = detector.predict(IMAGES)["score"]
    called = scores > np.float32(detector.threshold)
    assert results["image_auroc"] == pytest.approx(metrics.roc_auc_score(LABELS, scores))
    assert results["average_precision"] == pytest.approx(metrics.average_precision_score(LABELS, scores))
    assert results["f1"] == pytest.approx(metrics.f1_score(LABELS, called))
    assert results["accuracy"] == pytest.approx(metrics.accuracy_score(LABELS, called))


def test_pixels(detector, results):
    maps = detector.predict(IMAGES)["anomaly_map"]
    assert results["pixel_auroc"] == pytest.approx(metrics.roc_auc_score(MASKS.ravel(), maps.ravel()), rel=1e-6)
    assert results["aupro"] == pytest.approx(area_under_overlap(MASKS, maps), rel=1e-5)
    assert 0 < results["aupro"] < 1


def test_aupimo():
    """Many normal pixels, and defects with a known fraction of pixels above the few false positives."""
    normal = np.linspace(0, 1, 400_000, endpoint=False).reshape(4, 1000, 100)
    maps, masks = np.zeros((2, 1000, 100)), np.zeros((2, 1000, 100), bool)
    masks[:, :10] = True
    maps[0, :10], maps[1, :4] = 2.0, 2.0  # all pixels of one defect, and 40 % of the other
    rankings = PixelRankings()
    rankings.add(masks[:1], maps[:1])
    rankings.add(np.zeros_like(masks[[0] * 4]), normal)
    rankings.add(masks[1:], maps[1:])
    assert rankings.results()["aupimo"] == pytest.approx(0.7)


def test_aupimo_is_the_mean_over_logarithms():
    normal = np.linspace(0, 1, 1_000_000, endpoint=False).reshape(10, 1000, 100)
    share = 10**-4.5  # One defect is above the threshold at this false-positive rate and at larger ones.
    maps, masks = np.zeros((1, 1000, 100)), np.zeros((1, 1000, 100), bool)
    masks[0, 0, 0], maps[0, 0, 0] = True, 1 - share
    rankings = PixelRankings()
    rankings.add(masks, maps)
    rankings.add(np.zeros((10, 1000, 100), bool), normal)
    assert rankings.results()["aupimo"] == pytest.approx(0.5, abs=0.02)


def test_beyond_the_limit_results_are_close(detector, results):
    maps = detector.predict(IMAGES)["anomaly_map"]
    for limit in (1, 3000):
        rankings = PixelRankings(exact_pixels=limit)
        for start in range(0, 40, 9):
            rankings.add(MASKS[start : start + 9], maps[start : start + 9])
        found = rankings.results()
        for name in ("pixel_auroc", "aupro"):
            assert found[name] == pytest.approx(results[name], abs=1e-3)


def test_perfect_maps_have_1_and_random_ones_half():
    masks = np.zeros((30, *SHAPE[:2]), bool)
    masks[:, 3:6, 4:9] = True
    perfect, random = PixelRankings(), PixelRankings()
    perfect.add(masks, masks.astype("float32"))
    random.add(masks, GENERATOR.random(masks.shape))
    assert perfect.results()["pixel_auroc"] == perfect.results()["aupro"] == 1.0
    assert random.results()["pixel_auroc"] == pytest.approx(0.5, abs=0.05)
    assert random.results()["aupro"] == pytest.approx(0.15, abs=0.02)


@pytest.mark.parametrize(
    "masks",
    [
        MASKS.astype("uint8"),
        255 * MASKS.astype("uint8"),
        np.where(MASKS, 236, 20).astype("uint8"),
        3 * MASKS.astype("int64"),
        MASKS.astype("float32")[..., None],
        [mask if label else None for mask, label in zip(MASKS, LABELS, strict=True)],
    ],
    ids=["0 and 1", "0 and 255", "a soft picture", "labels", "floats", "None for normal images"],
)
@pytest.mark.filterwarnings("ignore:Not defined")
def test_forms_of_masks(detector, results, masks):
    assert detector.evaluate(IMAGES, LABELS, masks) == pytest.approx(results, nan_ok=True)


@pytest.mark.filterwarnings("ignore:Not defined")
def test_datasets_bring_their_labels_and_masks(detector, results):
    data = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS, MASKS)).batch(9)
    assert detector.evaluate(data) == pytest.approx(results, nan_ok=True)
    without_masks = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS.astype(int))).batch(9)
    assert set(detector.evaluate(without_masks)) == {"image_auroc", "average_precision", "f1", "accuracy"}
    images = tf.data.Dataset.from_tensor_slices(IMAGES).batch(9)
    assert detector.evaluate(images, LABELS)["f1"] == pytest.approx(results["f1"])
    for unlabelled in (images, IMAGES):
        with pytest.raises(ValueError, match="labels must be given, unless images is a dataset"):
            detector.evaluate(unlabelled)


def test_what_is_not_defined_is_nan_with_a_note(detector):
    with pytest.warns(UserWarning, match="image_auroc: there must be normal and anomalous images"):
        found = detector.evaluate(IMAGES[~LABELS], LABELS[~LABELS], MASKS[~LABELS])
    assert [name for name, value in found.items() if not np.isnan(value)] == ["accuracy"]
    with pytest.warns(UserWarning, match=r"aupimo: there must be defects, and at least 100,000 pixels"):
        detector.evaluate(IMAGES, LABELS, MASKS)


@pytest.mark.parametrize(
    ("labels", "masks", "message"),
    [
        (LABELS[:-1], None, "labels must have one entry for each image, got 39 for 40 images"),
        (LABELS, MASKS[:-1], "masks must have one entry for each of the 40 images, got 39"),
        (LABELS, MASKS[:, :10], r"masks must have the size of the images, \(20, 25\), got \(10, 25\)"),
        (LABELS, [None, *MASKS[1:]], r"masks\[0\] is None, but the image is labelled as anomalous"),
        (LABELS, [MASKS[0], MASKS[1, :9], *MASKS[2:]], "masks must all have the size of the images"),
        (LABELS, np.full(MASKS.shape, np.nan), "masks must be finite"),
        (np.array(["good"] * 40), None, "labels must be 0 or False for normal images"),
        (np.arange(40) % 10, None, r"got 0, 1, 2, 3, 4, … in the shape \(40,\)"),
    ],
)
def test_wrong_labels_and_masks(detector, labels, masks, message):
    with pytest.raises(ValueError, match=message):
        detector.evaluate(IMAGES, labels, masks)
