"""The best model on disk."""

import keras
import numpy as np
import pytest

from keras_cae.cli.training.best_model import BestModel


@pytest.fixture
def model():
    """A model with a single weight, so that its file tells which epoch it is from."""
    inputs = keras.Input((1,))
    return keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(inputs))


def test_the_best_epoch_is_kept(model, tmp_path):
    best = BestModel(tmp_path / "model.keras")
    best.set_model(model)
    for epoch, loss in enumerate([3.0, 1.0, 2.0, float("nan"), 1.0]):
        model.set_weights([np.full((1, 1), epoch)])
        best.on_epoch_end(epoch, {"val_loss": loss})
    assert best.epoch == 2
    assert keras.saving.load_model(best.path).get_weights()[0] == 1
    assert [file.name for file in tmp_path.iterdir()] == ["model.keras"]


def test_an_interrupted_save_leaves_the_former_model(model, tmp_path, monkeypatch):
    best = BestModel(tmp_path / "model.keras")
    best.set_model(model)
    best.on_epoch_end(0, {"val_loss": 2.0})
    former = best.path.read_bytes()

    def interrupted(path):
        path.write_bytes(b"half a model")
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        best.on_epoch_end(1, {"val_loss": 1.0})
    assert best.path.read_bytes() == former
    assert best.epoch == 1


def test_no_number_is_no_best_model(model, tmp_path):
    best = BestModel(tmp_path / "model.keras")
    best.set_model(model)
    best.on_epoch_end(0, {"val_loss": float("nan")})
    assert best.epoch == 0
    assert not best.path.exists()
