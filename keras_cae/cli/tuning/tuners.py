"""Tuners that print the result of each trial."""

from typing import Any

import keras_tuner

from keras_cae.cli.live_line import LiveLine
from keras_cae.cli.messages import warn
from keras_cae.cli.presets import DEFAULT_TRIALS, TUNERS
from keras_cae.cli.tuning.search_line import TrialState
from keras_cae.hypermodels.tuner_files import COMPLETED, FINISHED, drawn

PROJECT = "search"


class Announcing:
    """Mixin for tuners that prints a line for each completed trial."""

    oracle: Any
    trial_epochs: Any = None
    """The callback that shows the progress of a trial, or None."""

    def tried(self) -> list[TrialState]:
        """Return all trials."""
        trials = self.oracle.trials.values()
        return [TrialState(trial.status, trial.hyperparameters.values, trial.score) for trial in trials]

    def on_trial_begin(self, trial: Any) -> None:
        """Show that the trial has started."""
        super().on_trial_begin(trial)  # type: ignore[misc]  # the tuner's
        if self.trial_epochs is None:
            return
        search = self.trial_epochs.search
        tried = self.tried()
        search.update(tried)
        number = 1 + sum(each.status in FINISHED for each in tried)
        self.trial_epochs.name = f"Trial {trial.trial_id} ({number} of {search.plan.trials})"
        search.show(self.trial_epochs.name)

    def on_trial_end(self, trial: Any) -> None:
        """Let the oracle score the trial, and print the result."""
        super().on_trial_end(trial)  # type: ignore[misc]  # the tuner's
        trial = self.oracle.get_trial(trial.trial_id)
        if trial.status == COMPLETED:
            LiveLine().keep(f"Trial {trial.trial_id}: {trial.score:.2f} dB, {describe(trial)}")
        else:
            LiveLine().clear()
            warn(f"Trial {trial.trial_id} failed: {_last_line(trial.message)}")


def make_tuner(options: Any, hypermodel: Any, directory: str) -> keras_tuner.Tuner:
    """Return the tuner specified by the options. It resumes an existing search in the directory.

    Args:
        options: the options of the command.
        hypermodel: the search space.
        directory: directory of the search.

    Raises:
        ValueError: `--trials` was given for hyperband.
    """
    if options.tuner == "hyperband":
        if options.trials is not None:
            raise ValueError(
                f"--trials is not supported by --tuner hyperband, whose number of trials is determined by --epochs, "
                f"got {options.trials}. Omit --trials, or choose another --tuner."
            )
        limits = {"max_epochs": options.epochs}
    else:
        limits = {"max_trials": options.trials or DEFAULT_TRIALS}
    kind = getattr(keras_tuner, TUNERS[options.tuner])
    announcing = type(kind.__name__, (Announcing, kind), {})
    return announcing(
        hypermodel,
        objective=hypermodel.objective,
        seed=options.seed,
        directory=directory,
        project_name=PROJECT,
        **limits,
    )


def describe(trial: Any) -> str:
    """Return the hyperparameters of a trial as text."""
    fixed = {each.name for each in trial.hyperparameters.space if type(each).__name__ == "Fixed"}
    values = {name: value for name, value in drawn(trial.hyperparameters.values).items() if name not in fixed}
    architecture = values.pop("model/architecture", None)
    words = [f"{name.rpartition('/')[2]} {_plain(value)}" for name, value in values.items()]
    return ", ".join([architecture, *words] if architecture else words)


def _plain(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _last_line(message: str | None) -> str:
    return (message or "no reason given").strip().splitlines()[-1]
