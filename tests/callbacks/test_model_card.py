"""The description of a training run, and its record in the HParams plugin."""

import keras
import keras_tuner
import numpy as np
import pytest
from event_files import written
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2
from tiny_models import IMAGES, TinyVariationalCAE, compiled, fit, idle

import keras_cae
from keras_cae.callbacks import ModelCard
from keras_cae.callbacks.model_card import direction_of
from keras_cae.callbacks.model_description import card, hyperparameters


def records(directory, folder="results"):
    """The records of the HParams plugin in the folder of a training run, by their tags."""
    events = EventAccumulator(str(directory / folder)).Reload()
    tags = events.PluginTagToContent("hparams")
    return {tag: plugin_data_pb2.HParamsPluginData.FromString(content) for tag, content in tags.items()}


def hparams_of(directory, folder="results"):
    info = records(directory, folder)["_hparams_/session_start_info"].session_start_info
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in info.hparams.items()}


def metrics_of(directory):
    return {
        tag: next(iter(steps.values())).item()
        for tag, steps in written(directory / "results").items()
        if "/" in tag and not tag.startswith("_")
    }


class Scripted(keras.callbacks.Callback):
    """Adds values to the logs of each epoch."""

    def __init__(self, **values):
        super().__init__()
        self.values = values

    def on_epoch_end(self, epoch, logs=None):
        logs.update({name: values[epoch] for name, values in self.values.items()})


def test_final_and_best_values(tmp_path):
    model = compiled(TinyVariationalCAE(), run_eagerly=True)
    model.compile("sgd", "mse", metrics=[keras_cae.metrics.PSNR(), "mae"], run_eagerly=True)
    scripted = Scripted(loss=[3, 1, 2], val_psnr=[10, 12, 11], mae=[1, 2, 3], kl_loss=[1, 2, 3])
    fit(model, scripted, ModelCard(tmp_path), epochs=3)
    seen = metrics_of(tmp_path)
    assert {name: seen[f"results/final_{name}"] for name in scripted.values} == {
        "loss": 2,
        "val_psnr": 11,
        "mae": 3,
        "kl_loss": 3,
    }
    assert {name: seen.get(f"results/best_{name}") for name in scripted.values} == {
        "loss": 1,
        "val_psnr": 12,
        "mae": 1,
        "kl_loss": None,
    }


def test_validation_stands_for_training(tmp_path):
    model = compiled(TinyVariationalCAE(), run_eagerly=True)
    fit(model, Scripted(loss=[3, 1], val_loss=[2, 4], mae=[1, 2]), ModelCard(tmp_path), epochs=2)
    seen = metrics_of(tmp_path)
    assert seen["results/best_val_loss"] == 2
    assert seen["results/final_val_loss"] == 4
    assert seen["results/final_mae"] == 2
    assert not {"results/best_loss", "results/final_loss"} & set(seen)


def test_directions():
    model = compiled(TinyVariationalCAE(), run_eagerly=True)
    model.compile(
        "sgd",
        "mse",
        metrics=[keras_cae.metrics.SSIM(), keras.metrics.RootMeanSquaredError()],
        run_eagerly=True,
    )
    fit(model)
    names = ("loss", "val_loss", "ssim", "val_ssim", "root_mean_squared_error", "kl_loss", "something")
    assert [direction_of(name, model) for name in names] == ["min", "min", "max", "max", "min", None, None]


def test_the_record_of_a_training(tmp_path):
    model = keras_cae.models.VariationalCAE(4, beta=0.5, filters=(2, 3), corruption=keras.layers.GaussianNoise(0.1))
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    model.compile(keras.optimizers.Adam(schedule), keras.losses.MeanAbsoluteError(), run_eagerly=True)
    fit(model, ModelCard(tmp_path / "run", hparams={"data": "noise", "fold": 3, "seed": True}))
    seen = hparams_of(tmp_path / "run")
    expected = {
        "model": "VariationalCAE",
        "latent_dim": 4,
        "beta": 0.5,
        "filters": "2, 3",
        "activation": "relu",
        "corruption": "GaussianNoise",
        "optimizer": "Adam",
        "learning_rate": "CosineDecay",
        "loss": "MeanAbsoluteError",
        "precision": "float32",
        "epochs": 1,
        "data": "noise",
        "fold": 3,
        "seed": True,
        "parameters": model.count_params(),
    }
    assert {name: seen[name] for name in expected} == expected
    start = records(tmp_path / "run")["_hparams_/session_start_info"].session_start_info
    assert start.group_name == f"run in {tmp_path}"


def test_learning_rates_are_numbers():
    model = idle(TinyVariationalCAE)
    model.compile(keras.optimizers.Adam(0.003), "mse")
    model.build(IMAGES.shape)
    assert hyperparameters(model, {})["learning_rate"] == 0.003
    model = TinyVariationalCAE(dtype="mixed_float16")
    model.compile(keras.optimizers.Adam(0.003), "mse")
    model.build(IMAGES.shape)
    seen = hyperparameters(model, {})
    assert (seen["optimizer"], seen["learning_rate"], seen["precision"]) == ("Adam", 0.003, "mixed_float16")


@pytest.mark.parametrize("fails", [False, True])
def test_how_a_training_ended(tmp_path, fails):
    def end(epoch, logs):
        if fails and epoch == 1:
            raise KeyboardInterrupt

    model = idle(TinyVariationalCAE)
    callbacks = [
        Scripted(loss=[3, 1, 2]),
        ModelCard(tmp_path),
        keras.callbacks.LambdaCallback(on_epoch_end=end),
    ]
    try:
        fit(model, *callbacks, epochs=3)
    except KeyboardInterrupt:
        assert fails
    ended = records(tmp_path)["_hparams_/session_end_info"].session_end_info
    assert ended.status == (2 if fails else 1)  # STATUS_FAILURE, STATUS_SUCCESS
    assert metrics_of(tmp_path) == {"results/final_loss": 1 if fails else 2, "results/best_loss": 1}


def test_the_card(tmp_path):
    model = keras_cae.models.BasicCAE(4, filters=(2, 3))
    model.compile("adam", "mse", metrics=[keras_cae.metrics.PSNR()], run_eagerly=True)
    fit(model, ModelCard(tmp_path))
    text = written(tmp_path)["model_card"][0]
    for part in (
        "# BasicCAE",
        f"| parameters | {model.count_params():,} |",
        "| image | 9 × 12 × 2 = 216 values |",
        "| code | 4 values |",
        "| compression | 54 values of an image per value of the code |",
        "| optimizer | Adam(learning_rate=0.001,",
        "| loss | mse |",
        "| metrics | PSNR(max_value=1) |",
        f"| keras | {keras.__version__} |",
        "Param #",
        "encoder (Network)",
    ):
        assert part in text


def test_cards_of_other_models():
    model = compiled(keras_cae.models.BasicCAE(None, filters=(2, 3)), run_eagerly=True)
    model.build(IMAGES.shape)
    assert "| image | any × any × 2 |" in card(model)
    plain = keras.Sequential([keras.Input((9, 12, 2)), keras.layers.Conv2D(2, 3, padding="same")])
    plain.compile("sgd", "mse")
    assert "# Sequential" in card(plain)
    seen = hyperparameters(plain, {"epochs": 2})
    assert (seen["model"], seen["epochs"], seen["loss"]) == ("Sequential", 2, "mse")


@pytest.mark.parametrize("hparams", [{"a": None}, {"a": [1]}, {3: 1}])
def test_wrong_hparams_are_refused(hparams):
    with pytest.raises(ValueError, match="hparams must map names to numbers, strings or booleans"):
        ModelCard(hparams=hparams)


def test_a_search_has_one_record_for_each_trial(tmp_path):
    def build(hp):
        model = keras_cae.models.BasicCAE(hp.Choice("latent_dim", [2, 3]), filters=(2, 2))
        model.compile("sgd", "mse", run_eagerly=True)
        return model

    tuner = keras_tuner.RandomSearch(build, "val_loss", max_trials=2, directory=tmp_path, project_name="search", seed=0)
    tensorboard = keras.callbacks.TensorBoard(tmp_path / "logs", write_graph=False)
    tuner.search(IMAGES, validation_data=IMAGES, callbacks=[tensorboard, ModelCard(tensorboard)], verbose=0)
    trials = sorted((tmp_path / "logs").iterdir())
    assert len(trials) == 2
    for trial in trials:
        folder = trial / "execution0"
        assert set(hparams_of(folder, ".")) == {"latent_dim"}
        assert "results/final_val_loss" in metrics_of(folder)
        assert "model_card" in written(folder)
        starts = [path for path in folder.glob("events*") if b"session_start_info" in path.read_bytes()]
        assert len(starts) == 1
    assert np.isfinite(tuner.oracle.get_best_trials()[0].score)
