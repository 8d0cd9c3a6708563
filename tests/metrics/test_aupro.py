"""AUPRO, compared with its definition in NumPy, and regions, compared with SciPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from overlap import area_under_overlap
from scipy import ndimage

from keras_cae.metrics import AUPRO
from keras_cae.metrics.aupro import bin_of
from keras_cae.regions import regions_of

GENERATOR = np.random.default_rng(0)


def random_masks(shape, share=0.03):
    return ndimage.binary_dilation(GENERATOR.random(shape) < share, np.ones((1, *[2] * (len(shape) - 1))))


@pytest.mark.parametrize("shape", [(5, 200), (6, 31, 40), (3, 9, 12, 11)])
@pytest.mark.parametrize("limit", [0.3, 0.05, 1.0])
def test_it_is_the_definition(shape, limit):
    masks = random_masks(shape)
    maps = (GENERATOR.normal(size=shape) + masks).astype("float32")
    metric = AUPRO(limit)
    metric.update_state(masks[:2], maps[:2])
    metric.update_state(masks[2:, ..., None], maps[2:, ..., None])
    assert float(metric.result()) == pytest.approx(area_under_overlap(masks, maps, limit), abs=1e-3)


def test_a_small_defect_counts_as_much_as_a_large_one():
    masks = np.zeros((1, 20, 20), bool)
    masks[0, :10, :10], masks[0, 15, 15] = True, True
    maps = np.zeros((1, 20, 20))
    maps[0, 15, 15] = 1.0  # Only the small defect is found; the overlap of the other one rises with all normal pixels.
    metric = AUPRO(limit=0.3)
    metric.update_state(masks, maps)
    assert float(metric.result()) == pytest.approx(0.5 + 0.5 * 0.3 / 2)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_bounds(scale):
    masks = random_masks((4, 20, 20))
    for sign, expected in ((1, 1.0), (-1, 0.0)):
        metric = AUPRO()
        metric.update_state(masks, sign * scale * (masks + 0.1))
        assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


def test_pictures_are_masks():
    masks = random_masks((4, 20, 20))
    maps = GENERATOR.random(masks.shape) + masks
    results = []
    for form in (masks, masks.astype("int32"), 255 * masks.astype("uint8"), np.where(masks, 240.0, 9.0)):
        metric = AUPRO()
        metric.update_state(form, maps)
        results.append(float(metric.result()))
    assert results == [results[0]] * 4


def test_it_is_nan_unless_there_are_defects_and_normal_pixels():
    metric = AUPRO()
    assert np.isnan(float(metric.result()))
    for filled in (False, True):
        metric.reset_state()
        metric.update_state(np.full((2, 5, 5), filled), np.zeros((2, 5, 5)))
        assert np.isnan(float(metric.result()))


def test_it_runs_compiled_and_in_training():
    masks = random_masks((16, 12, 12)).astype("float32")[..., None]
    images = (masks + GENERATOR.normal(0, 0.1, masks.shape)).astype("float32")
    model = keras.Sequential([keras.Input((12, 12, 1)), keras.layers.Identity()])
    model.compile(loss="mse", metrics=[AUPRO()])
    found = model.evaluate(images, masks, batch_size=5, verbose=0, return_dict=True)["aupro"]
    assert found == pytest.approx(area_under_overlap(masks[..., 0] > 0, images[..., 0]), abs=1e-3)


def test_what_it_refuses():
    with pytest.raises(ValueError, match="limit must be a number above 0 and up to 1"):
        AUPRO(limit=0)
    with pytest.raises(ValueError, match="masks and maps of the same shape"):
        AUPRO().update_state(np.zeros((1, 4, 4)), np.zeros((1, 4, 5)))
    with pytest.raises(ValueError, match="AUPRO does not support sample_weight"):
        AUPRO().update_state(np.zeros((1, 4, 4)), np.zeros((1, 4, 4)), np.ones(1))


def test_bins_are_ordered_as_values():
    values = np.concatenate([[0.0, -0.0, np.inf, -np.inf], *(s * np.geomspace(1e-30, 1e30, 5000) for s in (-1, 1))])
    values = np.sort(values).astype("float32")
    bins = bin_of(values).numpy()
    assert (np.diff(bins) >= 0).all()
    assert bins.min() >= 0
    assert bins.max() < 2**18
    # Values that differ by 0.4 % are distinguished.
    assert (bin_of(values[values > 0][:-2] * np.float32(1.004)) > bin_of(values[values > 0][:-2])).numpy().all()


@pytest.mark.parametrize("shape", [(3, 50), (4, 17, 23), (2, 7, 8, 9), (1, 1, 1)])
def test_regions_are_those_of_scipy(shape):
    masks = GENERATOR.random(shape) < 0.3
    numbers = regions_of(masks).numpy()
    for mask, found in zip(masks, numbers, strict=True):
        expected, count = ndimage.label(mask, np.ones((3,) * mask.ndim))
        assert (found[~mask] == 0).all()
        pairs = set(zip(expected[mask].tolist(), found[mask].tolist(), strict=True))
        assert len(pairs) == count
    used = [set(np.unique(found[found > 0]).tolist()) for found in numbers]
    assert len(set.union(*used)) == sum(map(len, used))


def test_a_long_winding_region_is_one():
    mask = np.zeros((1, 41, 40), bool)
    mask[0, ::2] = True
    mask[0, 1::4, 0], mask[0, 3::4, -1] = True, True
    function = tf.function(regions_of, input_signature=[tf.TensorSpec((None, None, None), tf.bool)])
    assert len(np.unique(function(mask))) == 2
