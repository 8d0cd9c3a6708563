"""Rules for all callbacks: they must not affect training, and write files at the right time and place."""

import copy
import functools
import inspect

import keras
import numpy as np
import pytest
from checks import check_table, slow_but
from event_files import open_files, written
from full_disk import fill
from tiny_models import IMAGES, Counter, TinyCodebookCAE, TinyVariationalCAE, compiled, fit, idle

from keras_cae import callbacks
from keras_cae.callbacks.tensorboard_callback import TensorBoardCallback

# From the class to a function that creates it for images and a folder, and one of the tags that it writes.
TABLE = {
    callbacks.AnomalyMaps: (
        lambda x, log_dir, **more: callbacks.AnomalyMaps(x, log_dir, labels=np.arange(len(x)) % 2, **more),
        "anomaly/maps",
    ),
    callbacks.CodebookSummary: (
        lambda x, log_dir, **more: callbacks.CodebookSummary(x, log_dir, **more),
        "codebook/map",
    ),
    callbacks.LatentInterpolation: (
        lambda x, log_dir, **more: callbacks.LatentInterpolation(x, log_dir, pairs=1, steps=2, **more),
        "latent/interpolation",
    ),
    callbacks.LatentProjector: (
        lambda x, log_dir, **more: callbacks.LatentProjector(x, log_dir, labels=range(len(x)), **{"freq": 1, **more}),
        None,
    ),
    callbacks.LatentStatistics: (
        lambda x, log_dir, **more: callbacks.LatentStatistics(x, log_dir, **more),
        "latent/effective_rank",
    ),
    callbacks.LatentTraversal: (
        lambda x, log_dir, **more: callbacks.LatentTraversal(x, log_dir, dims=2, steps=3, **more),
        "latent/traversal",
    ),
    callbacks.ModelCard: (lambda x, log_dir: callbacks.ModelCard(log_dir), "model_card"),
    callbacks.PriorSamples: (
        lambda x, log_dir, **more: callbacks.PriorSamples(log_dir, n=3, **more),
        "latent/prior_samples",
    ),
    callbacks.ReconstructionErrorHistogram: (
        lambda x, log_dir, **more: callbacks.ReconstructionErrorHistogram(
            x, log_dir, anomalous=x[::-1], worst=2, **more
        ),
        "reconstruction_error/worst",
    ),
    callbacks.ReconstructionLogger: (
        lambda x, log_dir, **more: callbacks.ReconstructionLogger(x, log_dir, max_images=2, **more),
        "reconstruction",
    ),
}
WITHOUT_FILES = {callbacks.WeightScheduler}
WITHOUT_FREQ = {callbacks.ModelCard}
WITHOUT_IMAGES = {callbacks.ModelCard, callbacks.PriorSamples}
every_callback = pytest.mark.parametrize("cls", TABLE, ids=lambda cls: cls.__name__)


def made(cls, log_dir, images=IMAGES, **more):
    return TABLE[cls][0](images, log_dir, **more)


def fitting_model(cls):
    return TinyCodebookCAE if cls is callbacks.CodebookSummary else TinyVariationalCAE


def steps(cls, directory):
    """The steps at which the callback has written."""
    if cls is callbacks.LatentProjector:
        return sorted(int(path.stem[-4:]) for path in directory.glob("projector/codes*"))
    return sorted(written(directory).get(TABLE[cls][1], ()))


class AtEpoch(keras.callbacks.Callback):
    """Does something at the end of an epoch."""

    def __init__(self, epoch, action):
        super().__init__()
        self.epoch, self.action = epoch, action

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            self.action(self.model)


def stop(model):
    model.stop_training = True


@pytest.mark.tables
def test_the_table_names_every_callback():
    public = {getattr(callbacks, name) for name in callbacks.__all__}
    classes = {cls for cls in public if inspect.isclass(cls)}
    where = "TABLE in tests/callbacks/test_every_callback.py (one that writes nothing: to WITHOUT_FILES)"
    check_table(classes, set(TABLE) | WITHOUT_FILES, where)
    assert all(issubclass(cls, TensorBoardCallback) for cls in TABLE)
    assert all(cls.chief_only for cls in TABLE), "of several workers only the first writes"


# Files


@every_callback
def test_nothing_is_on_the_disk_before_training_and_nothing_open_after_it(cls, tmp_path):
    folder = tmp_path / "new" / "logs"
    callback = made(cls, folder)
    assert not folder.parent.exists()
    seen = []
    fit(
        idle(fitting_model(cls)),
        callback,
        AtEpoch(0, lambda model: seen.extend(steps(cls, folder))),
        epochs=2,
    )
    assert seen == [0], "it can be seen while training goes on"
    assert len(list(folder.glob("events*"))) == 1
    assert open_files(folder) == []


@every_callback
def test_files_are_whole_and_closed_after_an_exception(cls, tmp_path):
    def fail(model):
        raise KeyboardInterrupt

    model, callback = idle(fitting_model(cls)), made(cls, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        fit(model, callback, AtEpoch(1, fail), epochs=3)
    assert open_files(tmp_path) == []
    assert steps(cls, tmp_path) in ([0, 1], [0])
    callback.log_dir = tmp_path / "again"
    fit(model, callback)
    assert steps(cls, tmp_path / "again") == [0]


@every_callback
def test_freq_and_the_last_epoch(cls, tmp_path):
    if cls in WITHOUT_FREQ:
        pytest.skip("it writes once")
    fit(idle(fitting_model(cls)), made(cls, tmp_path / "five", freq=3), epochs=5)
    assert steps(cls, tmp_path / "five") == [0, 3, 4]
    fit(idle(fitting_model(cls)), made(cls, tmp_path / "stopped", freq=10), AtEpoch(2, stop), epochs=5)
    assert steps(cls, tmp_path / "stopped") == [0, 2]
    with pytest.raises(ValueError, match="freq must be a positive integer, got 0"):
        made(cls, tmp_path, freq=0)


@every_callback
def test_shares_the_folder_of_a_tensorboard_callback(cls, tmp_path):
    tensorboard = keras.callbacks.TensorBoard(tmp_path / "old", update_freq=1000, write_graph=False)
    callback = made(cls, tensorboard)
    tensorboard.log_dir = str(tmp_path / "trial")
    fit(idle(fitting_model(cls)), tensorboard, callback, validation_data=IMAGES)
    assert not (tmp_path / "old").exists()
    assert steps(cls, tmp_path / "trial") == [0]


@every_callback
def test_a_folder_that_can_not_be_written_to_stops_training_before_it_begins(cls, tmp_path):
    (tmp_path / "file").write_text("")
    epochs = []
    watch = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: epochs.append(epoch))
    with pytest.raises(ValueError, match=r"log_dir must be a folder that can be written to, got '.*file/logs'"):
        fit(idle(fitting_model(cls)), made(cls, tmp_path / "file" / "logs"), watch)
    assert epochs == []
    with pytest.raises(ValueError, match=r"log_dir must be a path, or the keras.callbacks.TensorBoard .* got 3"):
        made(cls, 3)


@every_callback
@pytest.mark.parametrize("start", slow_but(["full from the first byte"], ["full from the first byte", "full later"]))
def test_a_full_disk_is_warned_of_once_and_training_goes_on(cls, tmp_path, monkeypatch, start):
    first = [0]
    if start == "full from the first byte":
        first = []
        fill(monkeypatch)
    # A model card is written once, and once more when training ends.
    all_at_once = cls is callbacks.ModelCard and first
    filling = AtEpoch(0, lambda model: fill(monkeypatch))
    space = AtEpoch(2, lambda model: None if all_at_once else monkeypatch.undo())
    with pytest.warns(UserWarning, match=r"could not be written to: .* Training continues") as warned:
        history = fit(idle(fitting_model(cls)), made(cls, tmp_path), filling, space, epochs=5)
    assert sum("could not be written to" in str(warning.message) for warning in warned) == 1
    assert len(history.epoch) == 5
    later = [] if all_at_once else [4] if cls is callbacks.ModelCard else [3, 4]
    assert steps(cls, tmp_path) == [*first, *later], "what there was space for"
    assert open_files(tmp_path) == []


# No effect on training


def trained(kind, *more):
    keras.utils.set_random_seed(1)
    model = compiled(kind(), run_eagerly=True)
    history = fit(model, *more, epochs=2).history
    return {variable.path: variable.numpy() for variable in model.variables}, history


trained_alone = functools.cache(trained)


@every_callback
def test_weights_are_the_same_with_and_without_it(cls, tmp_path):
    plain, plain_history = trained_alone(fitting_model(cls))
    watched, watched_history = trained(fitting_model(cls), made(cls, tmp_path))
    assert plain_history == {name: watched_history[name] for name in plain_history}
    for (path, one), other in zip(plain.items(), watched.values(), strict=True):
        np.testing.assert_array_equal(one, other, err_msg=path)
    assert any(values[1] for path, values in plain.items() if "seed" in path), "random numbers were drawn"


@pytest.mark.parametrize(("kind", "dtype"), [(TinyVariationalCAE, "float32"), (TinyCodebookCAE, "mixed_bfloat16")])
def test_compiled_steps_are_traced_once_and_so_are_forward_passes(kind, dtype, tmp_path):
    """Each callback together with all others, because they share compiled functions."""

    def traced(*more):
        keras.utils.set_random_seed(1)
        counter = Counter()
        model = compiled(kind(counter, dtype=dtype), steps_per_execution=2)
        fit(model, *more, epochs=3)
        return counter.traced, model.get_weights()

    fitting = [cls for cls in TABLE if fitting_model(cls) is kind or cls is callbacks.ReconstructionLogger]
    # A detector has its own functions to score images.
    fitting = [cls for cls in fitting if cls is not callbacks.AnomalyMaps]
    without, weights = traced()
    watched, same_weights = traced(*(made(cls, tmp_path / cls.__name__) for cls in fitting))
    # The forward passes of the decoder: for images, for codes, and for `sample` if there is a prior.
    assert watched[True] == without[True]
    assert watched[False] - without[False] == (3 if kind is TinyVariationalCAE else 2)
    for one, other in zip(weights, same_weights, strict=True):
        np.testing.assert_array_equal(one, other)
    for cls in fitting:
        assert steps(cls, tmp_path / cls.__name__)[0] == 0


@pytest.mark.slow
def test_two_replicas(tmp_path, two_replicas):
    fitting = [cls for cls in TABLE if fitting_model(cls) is TinyVariationalCAE]
    with two_replicas.scope():
        fit(compiled(TinyVariationalCAE()), *(made(cls, tmp_path / cls.__name__) for cls in fitting))
    for cls in fitting:
        assert steps(cls, tmp_path / cls.__name__) == [0]
        assert len(list((tmp_path / cls.__name__).glob("events*"))) == 1


@every_callback
def test_a_model_that_has_diverged_does_not_end_its_training(cls, tmp_path):
    model = idle(fitting_model(cls))
    model.build(IMAGES.shape)
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    fit(model, made(cls, tmp_path))
    assert steps(cls, tmp_path) == [0]


@every_callback
def test_a_model_that_is_not_built_when_training_begins(cls, tmp_path):
    images = (IMAGES * 255).astype("uint8")
    model, callback = idle(fitting_model(cls)), made(cls, tmp_path, images)
    callback.set_model(model)
    callback.set_params({"epochs": 1})
    callback.on_train_begin()
    fit(model, images=images)
    callback.on_train_batch_end(0)
    callback.on_epoch_end(0, {"loss": 0.1})
    callback.on_train_end()
    assert steps(cls, tmp_path) == [0]


# Copies


@every_callback
def test_copies(cls, tmp_path):
    tensorboard = keras.callbacks.TensorBoard(tmp_path / "old", write_graph=False)
    callback = made(cls, tensorboard)
    copies = [copy.deepcopy([callback, tensorboard])]
    fit(
        idle(fitting_model(cls)),
        callback,
        AtEpoch(0, lambda _: copies.append(copy.deepcopy([callback, tensorboard]))),
    )
    for number, (twin, copied_tensorboard) in enumerate(copies):
        for name in cls.shared_by_copies:
            assert getattr(twin, name) is getattr(callback, name)
        copied_tensorboard.log_dir = str(tmp_path / str(number))
        fit(idle(fitting_model(cls)), twin)
        assert steps(cls, tmp_path / str(number)) == [0]


# Wrong arguments


@every_callback
def test_wrong_images_are_refused_at_once(cls, tmp_path):
    if cls in WITHOUT_IMAGES:
        pytest.skip("it takes none")
    for images, message in (
        (IMAGES[0, 0], r"at least one example, in an array of signals .* got the shape \(12, 2\)"),
        (IMAGES * 255, r"got values from .* to 25\d.*astype\('uint8'\)"),
        (IMAGES.astype(str), "floats in .* or integers, got the type"),
    ):
        with pytest.raises(ValueError, match=message):
            made(cls, tmp_path, images)


@every_callback
def test_images_that_do_not_fit_the_model_are_refused_before_the_first_epoch(cls, tmp_path):
    if cls in WITHOUT_IMAGES:
        pytest.skip("it takes none")
    epochs = []
    watch = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: epochs.append(epoch))
    for images, message in (
        (IMAGES[:, :8], "shape"),
        (IMAGES[..., 0], r"images\[\.\.\., None\]"),
        (IMAGES[:, None], "shape"),
    ):
        with pytest.raises(ValueError, match=message) as caught:
            fit(idle(fitting_model(cls)), watch, made(cls, tmp_path, images))
        assert caught.value.__notes__ == [f"The invalid argument was passed to {cls.__name__}."]
    assert epochs == []
