"""The tuners of a search, which print what they find."""

from typing import Any

import keras_tuner

from keras_cae.cli.messages import say, warn
from keras_cae.cli.presets import DEFAULT_TRIALS, TUNERS
from keras_cae.hypermodels.tuner_files import COMPLETED, drawn

PROJECT = "search"


class Announcing:
    """Mixin for a tuner: prints a line for each trial that ends."""

    oracle: Any

    def on_trial_end(self, trial: Any) -> None:
        """Let the oracle score the trial, and print the result."""
        super().on_trial_end(trial)  # type: ignore[misc]  # the tuner's
        trial = self.oracle.get_trial(trial.trial_id)
        if trial.status == COMPLETED:
            say(f"Trial {trial.trial_id}: {trial.score:.2f} dB, {describe(trial)}")
        else:
            warn(f"Trial {trial.trial_id} failed: {_last_line(trial.message)}")


def make_tuner(options: Any, hypermodel: Any, directory: str) -> keras_tuner.Tuner:
    """Return the tuner that the options name; it continues the search that it finds in the directory.

    Args:
        options: the options of the command.
        hypermodel: the search space.
        directory: where the search is kept.

    Raises:
        ValueError: hyperband was given a number of trials.
    """
    if options.tuner == "hyperband":
        if options.trials is not None:
            raise ValueError("--trials is for the other tuners: hyperband's follow from --epochs.")
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
    """Return the hyperparameters of a trial in words."""
    fixed = {each.name for each in trial.hyperparameters.space if type(each).__name__ == "Fixed"}
    values = {name: value for name, value in drawn(trial.hyperparameters.values).items() if name not in fixed}
    architecture = values.pop("model/architecture", None)
    words = [f"{name.rpartition('/')[2]} {_plain(value)}" for name, value in values.items()]
    return ", ".join([architecture, *words] if architecture else words)


def _plain(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _last_line(message: str | None) -> str:
    return (message or "no reason given").strip().splitlines()[-1]
