"""The combination of several scores."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np

from keras_cae.anomaly.get import get
from keras_cae.anomaly.moments import Moments
from keras_cae.anomaly.score import Run, Score
from keras_cae.anomaly.seen import Seen

SMALLEST_DEVIATION = 1e-12
"""The lower bound of deviations, so that a score that is equal for all normal images stays finite."""


def several_scores(values: Any, name: str) -> tuple[Any, ...]:
    """Validate scores: at least two names, objects or configurations."""
    if not isinstance(values, list | tuple) or len(values) < 2:
        raise ValueError(f"{name} must be a list of at least two scores, got {values!r}.")
    return tuple(get(value, f"{name}[{index}]") for index, value in enumerate(values))


@keras.saving.register_keras_serializable(package="keras_cae")
class Combined(Score):
    """Averages several scores, each standardized by its mean and deviation over normal images.

    Maps are averaged in the same way. "mse+ssim" is short for `Combined(["mse", "ssim"])`; other names can be joined in
    the same way.

    Args:
        scores: names, `Score` objects or functions; at least two.
        **kwargs: arguments of `keras.layers.Layer`.

    Raises:
        ValueError: `scores` is invalid.

    Example:

    >>> score = keras_cae.anomaly.Combined(["mse", keras_cae.anomaly.LatentScore()])
    >>> [type(part).__name__ for part in score.scores]
    ['MSEScore', 'LatentScore']
    """

    learns = True
    rules: ClassVar = {"scores": several_scores}

    def __init__(self, scores: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep(scores=scores)

    @property
    def compares_places(self) -> bool:  # type: ignore[override]  # of most scores a constant
        """Whether any of the scores compares positions."""
        return any(score.compares_places for score in self.scores)

    def check(self, autoencoder: Any) -> None:
        for score in self.scores:
            score.check(autoencoder)

    def prepare(self, autoencoder: Any, image_shape: Any) -> None:
        for score in self.scores:
            score.attach(autoencoder, image_shape)
        # For each score: mean and deviation of the image scores, mean and deviation of the pixels of maps.
        self.statistics = self.statistic("statistics", (len(self.scores), 4), 1.0)

    def fit(self, run: Run) -> None:
        for score in self.scores:
            if score.learns:
                score.fit(run)
        moments = [(Moments(), Moments()) for _ in self.scores]
        for parts in run(self._parts):
            for of_score, arrays in zip(moments, parts, strict=True):
                for moment, array in zip(of_score, arrays, strict=True):
                    moment.add(array.reshape(-1))
        self.statistics.assign(
            [[number for part in parts for number in (part.mean, part.deviation)] for parts in moments]
        )

    def _parts(self, seen: Seen) -> list[tuple[Any, Any]]:
        """Return the image scores and the map of each score."""
        maps = seen.once(self, self._maps)
        return [(score.image_scores(seen, each), each) for score, each in zip(self.scores, maps, strict=True)]

    def _maps(self, seen: Seen) -> list[Any]:
        return [score.error_map(seen) for score in self.scores]

    def error_map(self, seen: Seen) -> Any:
        return self._mean(seen.once(self, self._maps), column=2)

    def image_scores(self, seen: Seen, error_map: Any) -> Any:
        return self._mean([values for values, _ in self._parts(seen)], column=0)

    def _mean(self, parts: list[Any], column: int) -> Any:
        total: Any = 0.0
        for part, statistics in zip(parts, keras.ops.unstack(self.statistics.value), strict=True):
            deviation = keras.ops.maximum(statistics[column + 1], SMALLEST_DEVIATION)
            total = total + (part - statistics[column]) / deviation
        return total / np.float32(len(self.scores))

    def get_config(self) -> dict[str, Any]:
        scores = [keras.saving.serialize_keras_object(score) for score in self.scores]
        return {**super(Score, self).get_config(), "scores": scores}
