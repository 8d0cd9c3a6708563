"""Training with the losses: replicas, precisions and saving."""

import contextlib

import keras
import numpy as np
import pytest

from keras_cae import losses, metrics
from keras_cae.models import BasicCAE

LOSSES = {
    "ssim": losses.SSIM,
    "ms_ssim": losses.MultiScaleSSIM,
    "weighted": lambda: losses.Weighted(
        ["mae", losses.SSIM(), losses.Charbonnier(), losses.TotalVariation()], [0.5, 1, 1, 0.01]
    ),
}


def images(count=9):
    return np.random.default_rng(0).random((count, 9, 12, 2), dtype="float32")


def trained(loss, scope, weights=None):
    keras.utils.set_random_seed(0)
    with scope:
        model = BasicCAE(3, filters=(3, 4))
        model.compile(keras.optimizers.SGD(0.1), loss(), metrics=[metrics.SSIM(), metrics.MultiScaleSSIM()])
        history = model.fit(
            images(),
            sample_weight=weights,
            validation_data=images(),
            batch_size=4,
            epochs=2,
            shuffle=False,
            verbose=0,
        )
    return {**history.history, **dict(enumerate(model.get_weights()))}


def fast_for(fast):
    """All losses. The tests of all except `fast` are marked as slow."""
    return [pytest.param(name, marks=() if name == fast else pytest.mark.slow) for name in LOSSES]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["weighted"])
def test_two_replicas_train_as_one_device(name, two_replicas):
    weights = np.array([1, 0, 2, 0.5, 3, 0, 1, 1, 4], "float32")
    one = trained(LOSSES[name], contextlib.nullcontext(), weights)
    two = trained(LOSSES[name], two_replicas.scope(), weights)
    for key, values in one.items():
        np.testing.assert_allclose(two[key], values, rtol=1e-5, atol=1e-5, err_msg=str(key))


@pytest.mark.parametrize("name", LOSSES)
def test_weights_count_in_a_model_as_in_the_loss(name):
    model = BasicCAE(3, filters=(3, 4))
    model.compile("sgd", LOSSES[name](), run_eagerly=True)
    predictions = model.predict(images(), verbose=0)
    for shape in ((9,), (9, 1, 1), (9, 9, 12)):
        weights = np.random.default_rng(1).random(shape).astype("float32")
        value = model.evaluate(images(), sample_weight=weights, batch_size=9, verbose=0)
        assert value == pytest.approx(float(LOSSES[name]()(images(), predictions, weights)), rel=1e-4)


def test_weights_in_a_stock_model():
    weights = np.array([1, 0, 2, 0.5, 3, 0, 1, 1, 4], "float32")
    model = keras.Sequential([keras.Input((9, 12, 2)), keras.layers.Conv2D(2, 3, padding="same")])
    for loss in (losses.SSIM(), losses.Charbonnier()):
        model.compile("sgd", loss)
        value = model.evaluate(images(), images(), sample_weight=weights, batch_size=9, verbose=0)
        predictions = model.predict(images(), verbose=0)
        alone = [float(loss(images()[i : i + 1], predictions[i : i + 1])) for i in range(9)]
        assert value == pytest.approx(np.mean(alone * weights), rel=1e-4)


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("weighted", "float32"),
        pytest.param("ssim", "mixed_float16", marks=pytest.mark.slow),
        pytest.param("ms_ssim", "mixed_float16", marks=pytest.mark.slow),
    ],
)
def test_digits_are_learned(name, policy, digits):
    model = BasicCAE(16, filters=(8, 16), dtype=policy)
    model.compile(keras.optimizers.Adam(0.003), LOSSES[name](), metrics=[metrics.SSIM()])
    model.fit(digits[0], epochs=2, batch_size=16, verbose=0)
    mean_image = np.broadcast_to(digits[0].mean(axis=0), digits[1].shape)
    similarity = metrics.SSIM()
    similarity.update_state(digits[1], mean_image)
    result = model.evaluate(digits[1], verbose=0, return_dict=True)
    assert result["ssim"] > float(similarity.result()) + 0.2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ms_ssim", "weighted"])
def test_images_of_any_size(name):
    model = BasicCAE(None, filters=(3, 4))
    model.build((None, None, None, 1))
    model.compile("adam", LOSSES[name]())
    for size in ((9, 12), (29, 31)):
        batch = np.random.default_rng(0).random((4, *size, 1), dtype="float32")
        expected = float(LOSSES[name]()(batch, model(batch)))
        assert model.fit(batch, verbose=0).history["loss"] == [pytest.approx(expected, rel=1e-4)]


@pytest.mark.parametrize("name", LOSSES)
def test_a_saved_model_knows_its_loss_from_its_metric(name, tmp_path):
    model = BasicCAE(3, filters=(3, 4))
    quality = [metrics.SSIM(max_value=2), metrics.MultiScaleSSIM()]
    model.compile("sgd", LOSSES[name](), metrics=quality, run_eagerly=True)
    expected = model.evaluate(images(), verbose=0, return_dict=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.loss) is type(LOSSES[name]())
    assert loaded.loss.get_config() == model.loss.get_config()
    assert loaded.evaluate(images(), verbose=0, return_dict=True) == pytest.approx(expected, rel=1e-5)
