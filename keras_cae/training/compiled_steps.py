"""The functions that Keras calls for each batch, which run the compiled steps."""

import abc
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras_cae.compatibility import started
from keras_cae.training.entries import Entries
from keras_cae.training.random_state import use_independent_seeds
from keras_cae.training.step_function import replicated
from keras_cae.training.step_groups import grouped

MIRRORING = (tf.distribute.MirroredStrategy, tf.distribute.MultiWorkerMirroredStrategy)


class CompiledSteps(Entries):
    """A model whose steps are compiled for one device or for all replicas, and which reports refused batches."""

    train_function: Any
    test_function: Any
    predict_function: Any

    @abc.abstractmethod
    def _supports_step_groups(self) -> bool:
        """Return whether the compiled function may run several training steps."""

    @abc.abstractmethod
    def _build_optimizers(self) -> None:
        """Create the variables of the optimizers."""

    def make_train_function(self, force: bool = False) -> None:
        """Compile the training step. The compiled function raises an error if a batch is refused."""
        made = self.train_function is None or force
        self._build_optimizers()
        if self._is_mirrored and made:
            self.train_function = replicated(self, self.train_step)
        else:
            super().make_train_function(force)
        if not made:
            return
        groups = self._supports_step_groups()
        if groups:
            self.train_function = grouped(self, self.train_function)
        self.train_function = self._progressing(self._checking(self.train_function), groups)

    def make_test_function(self, force: bool = False) -> None:
        """Compile the evaluation step. The compiled function raises an error if a batch is refused."""
        made = self.test_function is None or force
        if self._is_mirrored and made:
            self.test_function = replicated(self, self.test_step)
        else:
            super().make_test_function(force)
        if made:
            self.test_function = self._checking(self.test_function)

    def make_predict_function(self, force: bool = False) -> None:
        """Compile the prediction step. The compiled function raises an error if a batch is refused."""
        made = self.predict_function is None or force
        super().make_predict_function(force)
        if made:
            self.predict_function = self._checking(self.predict_function)

    @property
    def _is_mirrored(self) -> bool:
        """Whether the strategy mirrors variables, even on one replica, so that updates can't run in a `tf.cond`."""
        return self.distribute_strategy.num_replicas_in_sync > 1 or isinstance(self.distribute_strategy, MIRRORING)

    def _checking(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if self._is_mirrored:
            use_independent_seeds(self)

        def checked(data: Any, *count: int) -> Any:
            try:
                outputs = function(started(data), *count)
            except StopIteration:
                # The data may end within a group of steps, after a batch that was refused.
                self._gate.raise_refusal()
                raise
            self._gate.raise_refusal()
            self._gate.adopt_first_batch()
            return outputs

        return checked

    def _progressing(self, function: Callable[..., Any], groups: bool) -> Callable[[Any], Any]:
        """Return the function that `fit` calls for each batch. When `fit` resumes, it skips earlier batches."""

        def progressing(data: Any) -> Any:
            return function(data) if self._progress is None else self._progress.run_step(function, data, groups)

        return progressing

    # The position in training, as part of weight files

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        if self._progress is not None:
            for name, value in self._progress.state().items():
                store[name] = value

    def load_own_variables(self, store: Any) -> None:
        kept = {name: np.asarray(store[name]) for name in list(store.keys())}
        progress = {name: kept.pop(name) for name in list(kept) if name.startswith("training.")}
        if self._progress is not None:
            self._progress.load_state(progress)
        super().load_own_variables(kept)
