"""The argument `bottleneck` of the models."""

import keras
import numpy as np
import pytest
from checks import check_trains, slow_but

from keras_cae.layers import ContractiveBottleneck, SparseBottleneck
from keras_cae.models import CAE, BasicCAE, BatchNormPoolCAE, SkipConnectionCAE, VariationalCAE

MODELS = (BasicCAE, BatchNormPoolCAE, SkipConnectionCAE)


@pytest.mark.parametrize("cls", slow_but(MODELS[:1], MODELS))
def test_it_stands_between_is_trained_and_saved(cls, images, tmp_path):
    model = cls(5, filters=(3, 4, 5), bottleneck=keras.layers.Dense(3, activation="tanh"))
    model.build(images.shape)
    before = model.bottleneck.kernel.numpy()
    model.compile(keras.optimizers.Adam(0.01), "mse")
    model.fit(images, verbose=0)
    assert (model.bottleneck.kernel.numpy() != before).any()
    codes = model.encoder.predict(images, verbose=0)
    np.testing.assert_allclose(model.encode(images), codes, rtol=1e-5, atol=1e-6)
    assert codes.shape == (10, 3)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(images, verbose=0), model.predict(images, verbose=0))
    assert loaded.bottleneck.get_config() == model.bottleneck.get_config()


def test_codes_may_be_maps(images):
    model = BasicCAE(None, filters=(3, 4), bottleneck=keras.layers.Conv2D(2, 1))
    assert model.predict(images, verbose=0).shape == images.shape
    assert model.encode(images).shape == (10, 5, 6, 2)


def test_it_keeps_a_precision_of_its_own(images):
    model = BasicCAE(5, filters=(3, 4), bottleneck=keras.layers.Dense(3, dtype="float32"), dtype="mixed_float16")
    assert model.predict(images, verbose=0).dtype == "float32"
    assert model.encode(images).dtype == "float32"
    assert model.bottleneck.compute_dtype == "float32"
    assert BasicCAE.from_config(model.get_config()).bottleneck.compute_dtype == "float32"


def test_without_one_the_configuration_says_so(images):
    model = BasicCAE(3, filters=(3, 4))
    assert model.get_config()["bottleneck"] is None
    model.build(images.shape)
    assert model.get_config()["bottleneck"] is None
    assert "bottleneck" not in VariationalCAE(3).get_config()


def test_models_with_one_of_their_own_refuse_another():
    with pytest.raises(ValueError, match="bottleneck must be omitted: VariationalCAE creates its own"):
        VariationalCAE(3, bottleneck=keras.layers.Identity())


@pytest.mark.parametrize("wrong", ["tanh", BasicCAE, 3])
def test_it_must_be_a_layer(wrong):
    networks = [keras.Sequential([keras.layers.Identity()]) for _ in range(2)]
    for make in (lambda: BasicCAE(3, bottleneck=wrong), lambda: CAE(*networks, bottleneck=wrong)):
        with pytest.raises(TypeError, match=r"bottleneck must be a keras\.layers\.Layer, got"):
            make()


@pytest.mark.slow
@pytest.mark.parametrize("make", [ContractiveBottleneck, SparseBottleneck])
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_penalties_in_every_precision_compiled_by_xla(make, policy, images):
    model = BasicCAE(5, filters=(3, 4), bottleneck=make(dtype=policy), dtype=policy)
    check_trains(model, np.tile(images, (4, 1, 1, 1)), jit_compile=True)


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize("make", [lambda: BasicCAE(3, filters=(3, 4)), lambda: VariationalCAE(3, filters=(3, 4))])
def test_a_new_model_can_be_evaluated_at_once(make, run_eagerly, images):
    model = make()
    model.compile("sgd", "mse", run_eagerly=run_eagerly)
    first = model.evaluate(images, verbose=0, return_dict=True)
    assert model.evaluate(images, verbose=0, return_dict=True) == pytest.approx(first, rel=1e-6)
