"""A search, from loaded images to the final report."""

import csv
import json
import sys
from typing import Any

import keras
import tensorflow as tf
from rich import box
from rich.table import Table

from keras_cae import hypermodels
from keras_cae.callbacks import ReconstructionLogger
from keras_cae.cli.commands.tune import TuneOptions
from keras_cae.cli.comparison import PICTURED_IMAGES, code_size, compare, draw
from keras_cae.cli.endings import FAILURE, SUCCESS, exit_code
from keras_cae.cli.messages import say, say_table, warn
from keras_cae.cli.pca import PCAReconstruction
from keras_cae.cli.presets import ANY, MODELS, schedule_for, size_arguments
from keras_cae.cli.report import report_data, report_files, report_quality
from keras_cae.cli.run_folder import open_search_folder
from keras_cae.cli.training.run import training_data
from keras_cae.cli.tuning.search_stop import SearchStop
from keras_cae.cli.tuning.tuners import describe, make_tuner
from keras_cae.cli.tuning.workers import search_together
from keras_cae.datasets import ImageData
from keras_cae.datasets.streamed_data import StreamedData, StreamedSplit
from keras_cae.files import write_atomically, write_text
from keras_cae.hypermodels.tuner_files import COMPLETED, is_chief, is_part

LISTED_TRIALS = 10
CHANGEABLE = ("out", "trials", "workers")
"""The options that may change when a search is continued."""


class TuningRun:
    """A search. Whatever is wrong with the options or the images is reported when it is made.

    Args:
        options: the options of the command.
        data: the images.

    Raises:
        ValueError: the images are too few or too small, or the options don't go together.
        OSError: the folder holds another search, or can't be made.
    """

    def __init__(self, options: TuneOptions, data: ImageData | StreamedData) -> None:
        self.options = options
        self.split = data.split()
        self.hypermodel = self._make_hypermodel()
        asked = {key: value for key, value in options.plain().items() if key not in CHANGEABLE}
        # As JSON holds them, to compare with what is read.
        asked = json.loads(json.dumps(asked))
        self.folder = open_search_folder(options.out, f"{data.name}-{options.model}-search", asked)
        self.distributed = bool(options.workers) and not is_part()
        # Only now: the oracle of several processes answers once its chief has started.
        self.tuner: Any = None if self.distributed else self._make_tuner()
        if not is_part():
            report_data(data, self.split)

    def _make_hypermodel(self) -> Any:
        model = self.options.model
        name = "HyperCAE" if model == ANY else f"Hyper{MODELS[model].model}"
        # Images that are streamed come in batches.
        streamed = {"batch_size": None} if isinstance(self.split, StreamedSplit) else {}
        return getattr(hypermodels, name)(
            self.split.train.shape[1:],
            seed=self.options.seed,
            **streamed,
            **size_arguments(model, self.options.latent_dim),
        )

    def _make_tuner(self) -> Any:
        return make_tuner(self.options, self.hypermodel, str(self.folder.path))

    def finish(self) -> int:
        """Search, and report on what was found.

        Returns:
            The exit code of the program.
        """
        try:
            code = self._search()
        except KeyboardInterrupt as stop:
            if is_part():
                return exit_code(stop)
            say("The same command goes on with the search.")
            raise
        if code != SUCCESS or is_part():
            return code
        if self.distributed:
            self.tuner = self._make_tuner()
        trials = self._completed()
        if not trials:
            warn("Error: no trial has succeeded.")
            return FAILURE
        self._report(trials)
        return SUCCESS

    def _search(self) -> int:
        if self.distributed:
            gpus = len(tf.config.list_physical_devices("GPU"))
            return search_together(sys.argv[1:], self.options.workers, gpus)
        try:
            if is_chief():
                self.tuner.search(verbose=0)  # only waits for the workers
            else:
                self._try_models()
        except RuntimeError as error:
            warn(f"Error: {error}")
            return FAILURE
        return SUCCESS

    def _try_models(self) -> None:
        tensorboard = keras.callbacks.TensorBoard(str(self.folder.logs), write_graph=False)
        pictured = self.split.validation[:PICTURED_IMAGES]
        with SearchStop() as stop:
            self.tuner.search(
                **self._data(),
                epochs=self.options.epochs,
                verbose=0,
                callbacks=[
                    tensorboard,
                    ReconstructionLogger(pictured, log_dir=tensorboard, freq=self.options.epochs),
                    stop,
                ],
            )
            stop.raise_if_received()

    def _data(self) -> dict[str, Any]:
        """Return the images; of those that are streamed the size of a batch is not searched for."""
        if not isinstance(self.split, StreamedSplit):
            return {"x": self.split.train, "validation_data": self.split.validation}
        return training_data(self.split, schedule_for(len(self.split.train)).batch_size, self.options.seed)

    def _completed(self) -> list[Any]:
        """Return the trials that succeeded, the best one first."""
        trials = self.tuner.oracle.get_best_trials(len(self.tuner.oracle.trials))
        return [trial for trial in trials if trial.status == COMPLETED]

    def _report(self, trials: list[Any]) -> None:
        self._write_trials(trials)
        self._print_trials(trials)
        (model,) = self.tuner.get_best_models()
        with write_atomically(self.folder.model) as unfinished:
            model.save(unfinished)
        quality = compare(model, PCAReconstruction(code_size(model, self.split)), self.split)
        draw(model, self.split.test, self.folder.picture)
        self._write_results(trials, quality)
        report_quality(quality, self.split.test)
        say(f"All {len(trials)} trials: {self.folder.trials}")
        report_files(self.folder)

    def _write_trials(self, trials: list[Any]) -> None:
        names = {name: None for trial in trials for name in trial.hyperparameters.values}
        with write_atomically(self.folder.trials) as unfinished, unfinished.open("w", newline="") as file:
            writer = csv.DictWriter(file, ["trial", self.hypermodel.objective.name, *names])
            writer.writeheader()
            for trial in sorted(trials, key=lambda trial: trial.trial_id):
                score = {"trial": trial.trial_id, self.hypermodel.objective.name: trial.score}
                writer.writerow({**score, **trial.hyperparameters.values})

    def _print_trials(self, trials: list[Any]) -> None:
        table = Table(title=f"The best of {len(trials)} trials", title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("trial", justify="right")
        table.add_column("PSNR (dB)", justify="right")
        table.add_column("hyperparameters")
        for trial in trials[:LISTED_TRIALS]:
            table.add_row(trial.trial_id, f"{trial.score:.2f}", describe(trial))
        say_table(table)

    def _write_results(self, trials: list[Any], quality: dict[str, Any]) -> None:
        results = {
            "settings": self.options.plain(),
            "trials": len(trials),
            "best": {"score": trials[0].score, "hyperparameters": trials[0].hyperparameters.values},
            "test": {name: values._asdict() for name, values in quality.items()},
        }
        write_text(self.folder.results, json.dumps(results, indent=2) + "\n")
