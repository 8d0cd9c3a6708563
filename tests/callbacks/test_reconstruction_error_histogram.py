"""Errors of individual normal and anomalous images."""

import keras
import numpy as np
import pytest
from event_files import written
from sklearn.metrics import roc_auc_score
from tiny_models import IMAGES, SHAPE, TinyVariationalCAE, fit, idle

from keras_cae.callbacks import ReconstructionErrorHistogram
from keras_cae.callbacks.reconstruction_error_histogram import auroc
from keras_cae.drawing.image_grid import draw_image_grid


def test_what_is_written(tmp_path):
    anomalous = (255 * IMAGES[::-1] ** 3).astype("uint8")
    model = idle(TinyVariationalCAE)
    fit(model, ReconstructionErrorHistogram(IMAGES, tmp_path, anomalous=anomalous, worst=3), epochs=2)
    content = written(tmp_path)
    assert all(list(steps) == [0, 1] for steps in content.values())
    seen = {tag.removeprefix("reconstruction_error/"): steps[1] for tag, steps in content.items()}
    assert set(seen) == {"normal", "anomalous", "auroc", "worst"}
    reconstructions = model.predict(IMAGES, verbose=0)
    errors = ((IMAGES - reconstructions) ** 2).mean(axis=(1, 2, 3))
    others = ((anomalous / 255 - model.predict(anomalous, verbose=0)) ** 2).mean(axis=(1, 2, 3))
    assert seen["auroc"] == pytest.approx(roc_auc_score([0] * 12 + [1] * 12, [*errors, *others]))
    limits = (min(errors.min(), others.min()), max(errors.max(), others.max()))
    for name, group in (("normal", errors), ("anomalous", others)):
        buckets = seen[name]
        assert buckets[:, 2].sum() == 12
        np.testing.assert_allclose([buckets[0, 0], buckets[-1, 1]], limits, rtol=1e-6)
        np.testing.assert_array_equal(buckets[:, 2], np.histogram(group, [*buckets[:, 0], buckets[-1, 1] + 1e-6])[0])
    worst = np.argsort(-errors)[:3]
    expected = draw_image_grid(
        {"input": IMAGES[worst], "reconstruction": reconstructions[worst]},
        error=np.abs(IMAGES - reconstructions)[worst].mean(axis=-1),
        captions={"MSE": [f"{error:.2g}" for error in errors[worst]]},
        min_side=48,
    )
    difference = seen["worst"].astype(int) - expected
    assert np.abs(difference).max() <= 1


def test_without_anomalous_images(tmp_path):
    fit(idle(TinyVariationalCAE), ReconstructionErrorHistogram(IMAGES, tmp_path, max_images=5))
    content = written(tmp_path)
    assert set(content) == {"reconstruction_error/normal", "reconstruction_error/worst"}
    assert content["reconstruction_error/normal"][0][:, 2].sum() == 5


@pytest.mark.parametrize("ties", [False, True])
def test_auroc(ties):
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal(50), 0.5 + rng.standard_normal(30)
    if ties:
        one, other = one.round(), other.round()
    expected = roc_auc_score([0] * 50 + [1] * 30, [*one, *other])
    assert auroc(one, other) == pytest.approx(expected)
    assert auroc(np.zeros(3), np.ones(2)) == 1
    assert auroc(np.zeros(3), np.zeros(2)) == 0.5


def test_models_that_make_images_of_another_shape(tmp_path):
    model = keras.Sequential([keras.Input(SHAPE), keras.layers.UpSampling2D()])
    model.compile("sgd", "mse", run_eagerly=True)
    with pytest.raises(ValueError, match=r"can't show Sequential: it maps images of shape \(9, 12, 2\) to \(18"):
        model.fit(
            IMAGES,
            np.zeros((12, 18, 24, 2)),
            callbacks=[ReconstructionErrorHistogram(IMAGES, tmp_path)],
        )


def test_wrong_anomalous_images_are_refused():
    with pytest.raises(ValueError, match=r"anomalous must be floats in \[0, 1\]"):
        ReconstructionErrorHistogram(IMAGES, anomalous=IMAGES * 9)
    with pytest.raises(ValueError, match=r"anomalous must be images .* \(n, height, width, channels\), got the shape"):
        ReconstructionErrorHistogram(IMAGES, anomalous=IMAGES[..., 0])
    with pytest.raises(ValueError, match="worst must be a positive integer"):
        ReconstructionErrorHistogram(IMAGES, worst=0)
