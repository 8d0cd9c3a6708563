"""The best model on disk."""

import keras
import numpy as np
import pytest

from keras_cae.cli.training.best_model import BestModel


@pytest.fixture
def model():
    """A model with a single weight, which shows the epoch in which the file was saved."""
    inputs = keras.Input((1,))
    return keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(inputs))


def test_the_best_epoch_is_kept(model, tmp_path):
    best = BestModel(tmp_path / "model.keras", tmp_path / "backup" / "best.json")
    best.set_model(model)
    model.stop_training = False
    for epoch, loss in enumerate([3.0, 1.0, 2.0, float("nan"), 1.0]):
        model.set_weights([np.full((1, 1), epoch)])
        best.on_epoch_end(epoch, {"val_loss": loss})
    assert best.epoch == 2
    assert keras.saving.load_model(best.path).get_weights()[0] == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["backup", "model.keras"]


def test_an_interrupted_save_leaves_the_former_model(model, tmp_path, monkeypatch):
    best = BestModel(tmp_path / "model.keras", tmp_path / "backup" / "best.json")
    best.set_model(model)
    model.stop_training = False
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
    best = BestModel(tmp_path / "model.keras", tmp_path / "backup" / "best.json")
    best.set_model(model)
    model.stop_training = False
    best.on_epoch_end(0, {"val_loss": float("nan")})
    assert best.epoch == 0
    assert not best.path.exists()


def test_an_epoch_that_was_stopped_counts_until_training_goes_on(model, tmp_path):
    def one(epoch, loss, batch, stopped=False):
        best = BestModel(tmp_path / "model.keras", tmp_path / "backup" / "best.json")
        best.set_model(model)
        best.set_params({"steps": 4})
        model.stop_training = stopped
        model.set_weights([np.full((1, 1), epoch)])
        best.on_train_batch_end(batch)
        best.on_epoch_end(epoch, {"val_loss": loss})
        return best.epoch, keras.saving.load_model(best.path).get_weights()[0].item()

    assert one(0, 3.0, batch=3) == (1, 0)
    assert one(1, 2.0, batch=1, stopped=True) == (2, 1)
    assert one(2, 4.0, batch=3) == (1, 0), "the best whole epoch is back"
    assert one(3, 1.0, batch=3, stopped=True) == (4, 3), "stopped after its last batch, an epoch is whole"
    assert one(4, 1.0, batch=3) == (4, 3)
