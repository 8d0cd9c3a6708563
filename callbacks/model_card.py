"""Description of a training run and its results."""

import os
import re
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_cae.callbacks.event_writer import EventWriter, open_writer
from keras_cae.callbacks.model_description import card, hyperparameters
from keras_cae.callbacks.summaries import Summary, scalar, text
from keras_cae.callbacks.tensorboard_callback import TensorBoardCallback
from keras_cae.compatibility import declared_direction

TUNER_FOLDER = re.compile(r"execution\d+")
"""The name of the folder to which KerasTuner redirects the `keras.callbacks.TensorBoard` of a trial."""
FOLDER = "results"


class ModelCard(TensorBoardCallback):
    """Describes the model in TensorBoard, and compares training runs in its HParams tab.

    After the first epoch, the callback writes a text under the tag "model_card": the architecture, the number of
    parameters, the compression, the arguments of `compile` and the versions. Each training run is a row of the HParams
    tab: the model's and the optimizer's arguments, each metric's last value, such as "results/final_loss", and its best
    value, such as "results/best_loss", if it is known whether larger values are better. For metrics that are also
    measured on validation data, only the validation value is shown. A run that ends with an exception is marked as
    failed, with the metrics reached so far.

    The row is written to a separate folder, "results" in `log_dir`, because TensorBoard treats all scalars below a
    record as its metrics and would include the curves of the epochs.

    In a search by KerasTuner, which records the hyperparameters of its trials itself, only the text and the metrics are
    written. The callback works with all Keras models. Training is not affected.

    Args:
        log_dir: folder of the event files, created when training begins; or the `keras.callbacks.TensorBoard` whose
            folder to share, read when training begins. Use a separate folder for each run.
        hparams: additional values by which to compare runs: a dictionary from names to numbers, strings or booleans;
            or None.

    Raises:
        ValueError: an argument is invalid; or, when training begins, the folder can't be written to.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> card = keras_cae.callbacks.ModelCard(log_dir="logs/first", hparams={"data": "random"})
    >>> history = model.fit(images, callbacks=[card], verbose=0)
    """

    def __init__(self, log_dir: Any = "logs", *, hparams: Mapping[str, Any] | None = None) -> None:
        super().__init__(log_dir, freq=None)
        self.hparams = _checked_hparams(hparams)

    def reset_run(self) -> None:
        super().reset_run()
        self._results: EventWriter | None = None
        self._described = False
        self._recorded = False
        self._final: dict[str, float] = {}
        self._best: dict[str, float] = {}

    @property
    def in_search(self) -> bool:
        """Whether KerasTuner runs the training and records its hyperparameters."""
        shared = isinstance(self.log_dir, keras.callbacks.TensorBoard)
        return shared and bool(TUNER_FOLDER.fullmatch(os.path.basename(self.directory)))

    def on_train_begin(self, logs: Any = None) -> None:
        super().on_train_begin(logs)
        self._results = open_writer(self.directory, FOLDER)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._final = {name: float(value) for name, value in (logs or {}).items()}
        for name, value in self._final.items():
            direction = direction_of(name, self.model)
            if direction is not None:
                better = max if direction == "max" else min
                self._best[name] = better(value, self._best.get(name, value))
        super().on_epoch_end(epoch, logs)
        if self._results is not None and not self._recorded:
            self._recorded = self._results.write(self._session_start(), epoch, {})

    def summaries(self, epoch: int) -> dict[str, Summary]:
        if self._described:
            return {}
        self._described = True
        return {"model_card": text(card(self.model))}

    def on_write_failure(self, epoch: int) -> None:
        self._described = False

    def _end_run(self, completed: bool = False) -> None:
        if self._results is not None:
            content = self._measured()
            if content:
                self._results.write(content | self._session_end(completed), self._last_epoch, {})
            self._results.close()
        super()._end_run(completed)

    def _measured(self) -> dict[str, Summary]:
        """Return the best and the last values of each metric, on validation data if available."""
        values = {"best": self._best, "final": self._final}
        return {
            f"results/{kind}_{name}": scalar(value)
            for kind, part in values.items()
            for name, value in part.items()
            if f"val_{name}" not in self._final
        }

    def _session_start(self) -> dict[str, Summary]:
        if self.in_search:
            return {}
        from tensorboard.plugins.hparams import api

        values = hyperparameters(self.model, self.params or {}) | self.hparams
        # Use a unique name: runs with equal hyperparameters would otherwise share a row. The name of the folder
        # comes first, because TensorBoard truncates long names.
        folder, name = os.path.split(os.path.normpath(self.directory))
        return _record(api.hparams_pb(values, trial_id=f"{name} in {folder or '.'}"))

    def _session_end(self, completed: bool) -> dict[str, Summary]:
        if self.in_search:
            return {}
        from tensorboard.plugins.hparams import api_pb2, summary

        return _record(summary.session_end_pb(api_pb2.STATUS_SUCCESS if completed else api_pb2.STATUS_FAILURE))


def direction_of(name: str, model: keras.Model) -> str | None:
    """Return "max" if larger values of a log entry are better, "min" if smaller ones are, or None if unknown."""
    name = name.removeprefix("val_")
    if name in ("loss", "reconstruction_loss"):
        return "min"
    groups = [[metric, *getattr(metric, "metrics", ())] for metric in model.metrics]
    return next((declared_direction(metric) for group in groups for metric in group if metric.name == name), None)


def _record(summary: Any) -> dict[str, Summary]:
    """Return a record of the HParams plugin as summaries by their tags."""
    kind = tf.compat.v1.SummaryMetadata  # not the class of the same name in TensorBoard
    return {
        value.tag: Summary(np.zeros(0, "float32"), kind.FromString(value.metadata.SerializeToString()))
        for value in summary.value
    }


def _checked_hparams(hparams: Any) -> dict[str, Any]:
    if hparams is not None and not isinstance(hparams, Mapping):
        raise ValueError(f"hparams must be a mapping of names to values, or None, got {hparams!r}.")
    checked = dict(hparams or {})
    for name, value in checked.items():
        if not isinstance(name, str) or not isinstance(value, bool | int | float | str):
            raise ValueError(f"hparams must map names to numbers, strings or booleans, got {value!r} for {name!r}.")
    return checked
