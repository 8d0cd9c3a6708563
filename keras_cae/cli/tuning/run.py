"""A search, from the loaded images to the final report."""

import csv
import json
import sys
from collections.abc import Callable
from typing import Any

import keras
from rich import box
from rich.table import Table

from keras_cae import hypermodels
from keras_cae.callbacks import ReconstructionLogger
from keras_cae.callbacks.tensorboard import TensorBoard
from keras_cae.cli.commands.tune import TuneOptions
from keras_cae.cli.comparison import PICTURED_IMAGES, code_size, compare, draw
from keras_cae.cli.devices import gpu_numbers
from keras_cae.cli.exit_handling import FAILURE, SUCCESS, exit_code
from keras_cae.cli.live_line import LiveLine, truncate
from keras_cae.cli.messages import say, say_table, warn
from keras_cae.cli.pca import PCAReconstruction
from keras_cae.cli.precision import choose_precision
from keras_cae.cli.presets import ANY, DEFAULT_TRIALS, MODELS, schedule_for, size_arguments
from keras_cae.cli.report import report_data, report_files, report_quality
from keras_cae.cli.run_folder import open_search_folder
from keras_cae.cli.training.run import training_data
from keras_cae.cli.tuning.search_line import SearchLine, TrialEpochs, trials_in
from keras_cae.cli.tuning.search_plan import plan_search
from keras_cae.cli.tuning.search_stop import SearchStop
from keras_cae.cli.tuning.tuners import PROJECT, describe, make_tuner
from keras_cae.cli.tuning.workers import search_in_parallel
from keras_cae.datasets import ImageData
from keras_cae.datasets.streamed_data import StreamedData, StreamedSplit
from keras_cae.files import write_atomically, write_text
from keras_cae.hypermodels.tuner_files import COMPLETED, SearchFolder, is_chief, is_part
from keras_cae.precision import POLICIES, in_single_precision, save_in_single_precision
from keras_cae.wording import counted

LISTED_TRIALS = 10
OTHER_COLUMNS = 24
"""The width of the table of trials without the column of the hyperparameters."""
CHANGEABLE = ("out", "trials", "workers", "device")
"""The options that may change when a search is resumed."""


class TuningRun:
    """A search. The constructor validates the options and the images.

    Args:
        options: the options of the command.
        data: the images.

    Raises:
        ValueError: there are too few images, they are too small, or the options can't be combined.
        OSError: the folder holds another search, or can't be created.
    """

    def __init__(self, options: TuneOptions, data: ImageData | StreamedData) -> None:
        self.options = options
        self.split = data.split()
        self.hypermodel = self._make_hypermodel()
        asked = {key: value for key, value in options.plain().items() if key not in CHANGEABLE}
        # Convert to JSON types, for the comparison with the settings in the file.
        asked = json.loads(json.dumps(asked))
        self.folder = open_search_folder(options.out, f"{data.name}-{options.model}-search", asked)
        self.distributed = bool(options.workers) and not is_part()
        # With several processes, the oracle responds only after the chief has started.
        self.tuner: Any = None if self.distributed else self._make_tuner()
        if not is_part():
            report_data(data, self.split)

    def _make_hypermodel(self) -> Any:
        # Consider only the hardware: all models, processes and resumed searches must use the same precision.
        precision = choose_precision(self.options.precision, announced=not is_part())
        former = keras.config.dtype_policy()
        try:
            keras.config.set_dtype_policy(POLICIES[precision])
            return self._hypermodel()
        finally:
            keras.config.set_dtype_policy(former)

    def _hypermodel(self) -> Any:
        model = self.options.model
        name = "HyperCAE" if model == ANY else f"Hyper{MODELS[model].model}"
        # Streamed images are already batched.
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
        """Run the search and print the report.

        Returns:
            The exit code of the program.
        """
        try:
            code = self._search()
        except KeyboardInterrupt as stop:
            if is_part():
                return exit_code(stop)
            say("Repeat the command to resume the search.")
            raise
        if code != SUCCESS or is_part():
            return code
        if self.distributed:
            self.tuner = self._make_tuner()
        trials = self._completed()
        if not trials:
            warn("Error: all trials have failed.")
            return FAILURE
        self._report(trials)
        return SUCCESS

    def _search(self) -> int:
        if self.distributed:
            return search_in_parallel(sys.argv[1:], self.options.workers, gpu_numbers(), self._watch())
        try:
            if is_chief():
                self.tuner.search(verbose=0)  # only waits for the workers
            else:
                self._try_models()
        except RuntimeError as error:
            warn(f"Error: {error}")
            return FAILURE
        return SUCCESS

    def _line(self) -> SearchLine:
        options = self.options
        return SearchLine(plan_search(options.tuner, options.trials or DEFAULT_TRIALS, options.epochs), options.epochs)

    def _watch(self) -> Callable[[], None]:
        """Return a function that shows the progress of a search in other processes."""
        search, folder = self._line(), SearchFolder(self.folder.path / PROJECT)
        search.start(trials_in(folder))

        def watch() -> None:
            if search.due:
                search.update(trials_in(folder))
                search.show_all()

        return watch

    def _try_models(self) -> None:
        tensorboard = TensorBoard(str(self.folder.logs), write_graph=False)
        pictured = self.split.validation[:PICTURED_IMAGES]
        shown = []
        if not is_part():
            self.tuner.trial_epochs = TrialEpochs(self._line())
            self.tuner.trial_epochs.search.start(self.tuner.tried())
            shown = [self.tuner.trial_epochs]
        with SearchStop() as stop:
            self.tuner.search(
                **self._data(),
                epochs=self.options.epochs,
                verbose=0,
                callbacks=[
                    tensorboard,
                    ReconstructionLogger(pictured, log_dir=tensorboard, freq=self.options.epochs),
                    *shown,
                    stop,
                ],
            )
            stop.raise_if_received()

    def _data(self) -> dict[str, Any]:
        """Return the arguments of `fit` for the images. The batch size is not tuned for streamed images."""
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
            save_in_single_precision(model, unfinished)
        model = in_single_precision(model)
        quality = compare(model, PCAReconstruction(code_size(model, self.split)), self.split)
        draw(model, self.split.test, self.folder.picture)
        self._write_results(trials, quality)
        report_quality(quality, self.split.test)
        say(f"{'The trial' if len(trials) == 1 else f'All {len(trials):,} trials'}: {self.folder.trials}")
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
        table = Table(title=f"The best of {counted(len(trials), 'trials')}", title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("trial", justify="right")
        table.add_column("PSNR (dB)", justify="right")
        table.add_column("hyperparameters")
        width = LiveLine().width
        room = None if width is None else max(width - OTHER_COLUMNS, len("hyperparameters"))
        for trial in trials[:LISTED_TRIALS]:
            table.add_row(trial.trial_id, f"{trial.score:.2f}", truncate(describe(trial), room))
        say_table(table)

    def _write_results(self, trials: list[Any], quality: dict[str, Any]) -> None:
        results = {
            "settings": self.options.plain(),
            "trials": len(trials),
            "best": {"score": trials[0].score, "hyperparameters": trials[0].hyperparameters.values},
            "test": {name: values._asdict() for name, values in quality.items()},
        }
        write_text(self.folder.results, json.dumps(results, indent=2) + "\n")
