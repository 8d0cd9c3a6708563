"""The base class of anomaly scores."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import keras

from keras_cae.anomaly.seen import Seen
from keras_cae.anomaly.statistic import statistic
from keras_cae.hyperparameters import Hyperparameters

Run = Callable[[Callable[[Seen], Any]], Iterator[Any]]
"""Reads the normal images once, and yields the result of a function of `Seen` for each batch, as arrays."""


class Score(Hyperparameters, keras.layers.Layer):
    """The base class of the scores of an `AnomalyDetector`, which measure how anomalous images and pixels are.

    A subclass implements `error_map`, `image_scores` or both; larger values are more anomalous. It learns from normal
    images in `fit`, and stores the results in weights that it creates in `prepare` and that are saved with the
    detector. The score of an image must not depend on the other images of the batch.

    Args:
        **kwargs: arguments of `keras.layers.Layer`. By default, scores compute in float32 under every global policy.

    Example:

    >>> @keras.saving.register_keras_serializable(package="mine")
    ... class LargestErrorScore(keras_cae.anomaly.Score):
    ...     def error_map(self, seen):
    ...         return keras.ops.max(keras.ops.abs(seen.images - seen.reconstructions), axis=-1)
    >>> model = keras_cae.models.BasicCAE(latent_dim=2)
    >>> images = np.random.default_rng(0).random((20, 8, 8, 3), dtype="float32")
    >>> model.build(images.shape)
    >>> detector = keras_cae.anomaly.AnomalyDetector(model, score=LargestErrorScore())
    >>> bool(0.3 < detector.calibrate(images).threshold < 0.45)
    True
    """

    built: bool
    learns: ClassVar[bool] = False
    """Whether `fit` reads the normal images."""
    compares_places: ClassVar[bool] = False
    """Whether pixels at the same position are compared, so that all images must have the size of the normal images."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})

    def check(self, autoencoder: Any) -> None:
        """Raise a `ValueError` if a built autoencoder does not support the score.

        Args:
            autoencoder: the `CAE`.
        """

    def prepare(self, autoencoder: Any, image_shape: Any) -> None:
        """Create the weights for a built autoencoder.

        Args:
            autoencoder: the `CAE`.
            image_shape: `(*spatial, channels)` of the images, with None where it may differ.
        """

    def attach(self, autoencoder: Any, image_shape: Any) -> None:
        """Create the weights for an autoencoder, once.

        Args:
            autoencoder: the `CAE`.
            image_shape: `(*spatial, channels)` of the images, with None where it may differ.

        Raises:
            ValueError: the score already belongs to a detector, whose calibration would be lost.
        """
        if self.built:
            raise ValueError(
                f"This {type(self).__name__} already belongs to another detector. Create a new one for each detector."
            )
        self.prepare(autoencoder, image_shape)
        self.built = True

    def build(self, input_shape: Any) -> None:
        """Do nothing. `prepare` creates the weights, which do not only depend on the shape of the images."""

    def fit(self, run: Run) -> None:
        """Learn from normal images.

        Args:
            run: reads the images once: `run(function)` yields `function(seen)` for each batch, as arrays. To be
                compiled only once, the function must be the same object in every call, such as a method.
        """

    def error_map(self, seen: Seen) -> Any:
        """Return how anomalous each pixel is, `(n, *spatial)`. By default the squared error, averaged over channels.

        Args:
            seen: the images and their reconstructions and codes.
        """
        return seen.squared_errors

    def image_scores(self, seen: Seen, error_map: Any) -> Any:
        """Return how anomalous each image is, `(n,)`. By default the pooled map.

        Args:
            seen: the images and their reconstructions and codes.
            error_map: the result of `error_map`.
        """
        return seen.pool(error_map)

    def statistic(self, name: str, shape: tuple[int, ...], value: float = 0.0) -> Any:
        """Create a weight that `fit` assigns values to.

        Args:
            name: name of the weight.
            shape: shape of the weight.
            value: value of the weight before `fit`.
        """
        return statistic(self, name, shape, value)
