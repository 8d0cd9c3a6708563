"""How much of a code is used."""

from typing import Any

import keras
from keras import ops

from keras_cae.compatibility import declare_direction
from keras_cae.validation import positive_float, positive_int


@keras.saving.register_keras_serializable(package="keras_cae")
class ActiveUnits(keras.metrics.Metric):
    """Number of latent dimensions whose codes differ from image to image.

    A dimension counts if the variance of its codes over all images exceeds the threshold. In a collapsed
    variational autoencoder the others carry nothing (Burda et al. 2016, "Importance Weighted Autoencoders").

    Args:
        latent_dim: size of the codes.
        threshold: the variance.
        name: name of the metric, by which logs and callbacks know it.
        **kwargs: of `keras.metrics.Metric`.

    Input shape: `(n, latent_dim)`, the codes (of a variational autoencoder the means).

    Raises:
        ValueError: an argument is not of the kind named above.

    Example:

    >>> metric = keras_cae.metrics.ActiveUnits(latent_dim=3)
    >>> metric.update_state(np.array([[1.0, 0.0, 2.0], [-1.0, 0.0, 2.1]]))
    >>> float(metric.result())
    1.0
    """

    def __init__(
        self, latent_dim: int, threshold: float = 0.01, name: str = "active_units", **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.latent_dim = positive_int(latent_dim, "latent_dim")
        self.threshold = positive_float(threshold, "threshold")
        declare_direction(self, "max")
        shapes = {"count": (), "total": (self.latent_dim,), "total_of_squares": (self.latent_dim,)}
        for state, shape in shapes.items():
            setattr(self, state, self.add_variable(shape, "zeros", dtype="float32", name=state))

    def update_state(self, codes: Any, sample_weight: Any = None) -> None:
        """Add the codes of a batch.

        Args:
            codes: batch of codes.
            sample_weight: one weight per image, of shape `(n,)`.
        """
        codes = ops.cast(codes, "float32")
        weights = ops.ones_like(codes[:, 0]) if sample_weight is None else ops.cast(sample_weight, "float32")
        self.count.assign_add(ops.sum(weights))
        self.total.assign_add(ops.sum(weights[:, None] * codes, axis=0))
        self.total_of_squares.assign_add(ops.sum(weights[:, None] * ops.square(codes), axis=0))

    def result(self) -> Any:
        count = ops.maximum(self.count, keras.config.epsilon())
        variance = self.total_of_squares / count - ops.square(self.total / count)
        return ops.sum(ops.cast(variance > self.threshold, "float32"))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "latent_dim": self.latent_dim, "threshold": self.threshold}
