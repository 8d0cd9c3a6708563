"""Several steps in one call of the compiled function give the results of single steps."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae import models
from keras_cae.callbacks import ReconstructionLogger, WeightScheduler
from keras_cae.callbacks.tensorboard import TensorBoard
from keras_cae.training import step_groups
from keras_cae.training.step_groups import StepGroups, tolerates_groups

IMAGES = np.random.default_rng(0).random((76, 8, 8, 1)).astype("float32")
BATCHES = 10
"""Batches of eight images; the last one has four."""
MODELS = {
    "denoising": lambda: models.DenoisingCAE(filters=(4, 4)),
    "adversarial": lambda: models.AdversarialCAE(2, filters=(4,)),
    "vector-quantized": lambda: models.VectorQuantizedCAE(codebook_size=8, code_dim=2, filters=(4,)),
    "basic": lambda: models.BasicCAE(2, filters=(4,)),
}


@pytest.fixture(autouse=True)
def _large_groups(monkeypatch):
    monkeypatch.setattr(step_groups, "SECONDS", 1000.0)


@pytest.fixture
def counts(monkeypatch):
    """The numbers of steps of the calls of the compiled function."""
    found, run = [], StepGroups.run

    def recorded(self, *arguments):
        logs, count = run(self, *arguments)
        found.append(count)
        return logs, count

    monkeypatch.setattr(StepGroups, "run", recorded)
    return found


class Watcher(keras.callbacks.Callback):
    """Records how many steps the model has taken at the end of each batch."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append((batch, int(self.model.optimizer.iterations)))


class Tolerant(Watcher):
    @tolerates_groups()
    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)


def trained(name="basic", data=IMAGES, callbacks=(), jit=False, **options):
    """Return a model and the history of its training."""
    keras.utils.set_random_seed(0)
    model = MODELS[name]()
    model.compile("adam", "mse", metrics=["mae"], jit_compile=jit)
    batch_size = 8 if isinstance(data, np.ndarray) else None
    history = model.fit(data, callbacks=list(callbacks), **{"batch_size": batch_size, "verbose": 0, **options})
    return model, history.history


@pytest.mark.parametrize(
    ("name", "jit"),
    [
        ("adversarial", False),
        pytest.param("denoising", False, marks=pytest.mark.slow),
        pytest.param("vector-quantized", False, marks=pytest.mark.slow),
        pytest.param("basic", True, marks=pytest.mark.slow),
    ],
)
def test_the_results_are_those_of_single_steps(name, jit, counts):
    options = {"jit": jit, "validation_data": IMAGES[:20], "epochs": 3}
    (single, history), (in_groups, other) = (
        trained(name, callbacks=callbacks, **options) for callbacks in ([Watcher()], [])
    )
    assert history == other
    for weight, expected in zip(in_groups.get_weights(), single.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)
    assert counts == [1] * 30 + [1, 1, 2, 4, 2, 10, 10]


def test_callbacks_that_look_at_batches_see_each_of_them():
    watcher = Watcher()
    trained(callbacks=[watcher])
    assert watcher.seen == [(batch, batch + 1) for batch in range(BATCHES)]


def test_tolerant_hooks_are_called_for_each_batch_after_a_group(counts):
    watcher = Tolerant()
    trained(callbacks=[watcher])
    assert counts == [1, 1, 2, 4, 2]
    assert [batch for batch, _ in watcher.seen] == list(range(BATCHES))
    assert [steps for _, steps in watcher.seen] == [1, 2, 4, 4, 8, 8, 8, 8, 10, 10]


class OwnLogger(ReconstructionLogger):
    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)


@pytest.mark.parametrize(
    ("make", "grouped"),
    [
        (lambda path: keras.callbacks.EarlyStopping(), True),
        (lambda path: keras.callbacks.ModelCheckpoint(path / "model.keras"), True),
        (lambda path: keras.callbacks.ModelCheckpoint(path / "model.keras", save_freq=5), False),
        (lambda path: keras.callbacks.BackupAndRestore(path), True),
        (lambda path: keras.callbacks.BackupAndRestore(path, save_freq=5), False),
        (lambda path: keras.callbacks.TerminateOnNaN(), True),
        (lambda path: keras.callbacks.LambdaCallback(on_epoch_end=print), True),
        (lambda path: keras.callbacks.LambdaCallback(on_train_batch_begin=print), False),
        (lambda path: keras.callbacks.TensorBoard(path), False),
        (lambda path: TensorBoard(path), True),
        (lambda path: TensorBoard(path, update_freq=10), False),
        (lambda path: TensorBoard(path, write_steps_per_second=True), False),
        (lambda path: TensorBoard(path, write_graph=True, profile_batch=2), False),
        (lambda path: ReconstructionLogger(IMAGES, path), True),
        (lambda path: OwnLogger(IMAGES, path), False),
        (lambda path: WeightScheduler("beta", steps=10), False),
    ],
)
def test_which_callbacks_tolerate_groups(make, grouped, tmp_path):
    groups = StepGroups([make(tmp_path)])
    sizes = [groups.run(lambda iterator, count=1: {}, None, 10)[1] for _ in range(3)]
    assert sizes == ([1, 1, 2] if grouped else [1, 1, 1])


def test_the_steps_of_an_epoch_are_not_exceeded(counts):
    data = tf.data.Dataset.from_tensor_slices(IMAGES).repeat().batch(8)
    model, _ = trained(data=data, steps_per_epoch=7, epochs=2)
    assert int(model.optimizer.iterations) == 14
    assert counts == [1, 1, 2, 3, 7]


def test_streams_of_unknown_length_are_trained_on_to_their_end(counts):
    data = tf.data.Dataset.from_tensor_slices(IMAGES).batch(8).filter(lambda images: True)
    with pytest.warns(UserWarning, match="ran out of data"):
        model, _ = trained(data=data, epochs=2)
    assert int(model.optimizer.iterations) == 2 * BATCHES
    assert set(counts) == {1}


def test_a_refused_batch_in_a_group_is_named_and_changes_nothing(counts):
    images = IMAGES.copy()
    images[51] = np.nan
    keras.utils.set_random_seed(0)
    model = MODELS["basic"]()
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match=r"epoch 1, batch 7, which did not change the model"):
        model.fit(images, shuffle=False, batch_size=8, verbose=0)
    expected, _ = trained(data=IMAGES[:48], shuffle=False)
    for weight, other in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)
    assert max(counts) > 1


def test_a_refused_batch_is_named_if_the_data_end_in_the_same_group(counts):
    images = IMAGES.copy()
    images[66] = np.nan
    with pytest.raises(ValueError, match=r"epoch 1, batch 9, which did not change the model"):
        trained(data=tf.data.Dataset.from_tensor_slices(images).batch(8), steps_per_epoch=20)
    assert counts == [1, 1, 2, 4]


@pytest.mark.slow
def test_training_ends_when_the_loss_is_not_finite():
    keras.utils.set_random_seed(0)
    model = models.BasicCAE(2, filters=(4,), output_activation="linear")
    model.compile(keras.optimizers.SGD(1e30), "mse")
    history = model.fit(IMAGES, batch_size=8, epochs=5, verbose=0, callbacks=[keras.callbacks.TerminateOnNaN()])
    assert len(history.history["loss"]) == 1


def test_groups_are_as_large_as_the_time_allows(monkeypatch):
    monkeypatch.setattr(step_groups, "SECONDS", 0.1)
    groups = StepGroups([])

    def sizes(seconds, calls):
        ticks = iter(np.arange(0.0, 1000.0, seconds))
        monkeypatch.setattr(step_groups.time, "perf_counter", lambda: next(ticks))
        return [groups.run(lambda iterator, count=1: {}, None, 1000)[1] for _ in range(calls)]

    # Each call takes the same time, however many steps it runs.
    assert sizes(0.09, 9) == [1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert sizes(0.04, 8) == [1, 2, 4, 8, 16, 32, 64, 64]
    assert sizes(4.0, 3) == [64, 1, 1]
