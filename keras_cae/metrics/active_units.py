"""The number of latent dimensions that are used."""

from typing import Any

import keras
from keras import ops

from keras_cae.metrics.code_metric import CodeMetric
from keras_cae.metrics.measured_mean import nan_unless
from keras_cae.validation import positive_float, positive_int


@keras.saving.register_keras_serializable(package="keras_cae")
class ActiveUnits(CodeMetric):
    """The number of active units: latent dimensions whose codes differ from image to image.

    A dimension counts if the variance of its codes over all images exceeds the threshold. In a collapsed variational
    autoencoder, the other dimensions carry no information (Burda et al. 2016, "Importance Weighted Autoencoders"). It
    is NaN before the first update.

    `GaussianBottleneck` owns one and logs it. It measures codes, so it can't be one of the metrics of `compile`.

    Args:
        latent_dim: size of the codes.
        threshold: the variance above which a dimension counts as active.
        name: name of the metric, under which it is logged.
        **kwargs: arguments of `keras.metrics.Metric`.

    Input shape: `(n, latent_dim)`, the codes (for a variational autoencoder, the means).

    Raises:
        ValueError: `latent_dim` is not a positive integer, or `threshold` is not a finite number above zero.
        TypeError: an update gets targets and predictions instead of codes.

    Example:

    >>> metric = keras_cae.metrics.ActiveUnits(latent_dim=3)
    >>> metric.update_state(np.array([[1.0, 0.0, 2.0], [-1.0, 0.0, 2.1]]))
    >>> float(metric.result())
    1.0
    """

    def __init__(self, latent_dim: int, threshold: float = 0.01, name: str = "active_units", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.latent_dim = positive_int(latent_dim, "latent_dim")
        self.threshold = positive_float(threshold, "threshold")
        shapes = {"count": (), "total": (self.latent_dim,), "total_of_squares": (self.latent_dim,)}
        for state, shape in shapes.items():
            setattr(self, state, self.add_variable(shape, "zeros", dtype="float32", name=state))

    def add_codes(self, codes: Any, weights: Any) -> None:
        codes = ops.cast(codes, "float32")
        if weights is None:
            weights = ops.ones_like(codes[:, 0])
        self.count.assign_add(ops.sum(weights))
        self.total.assign_add(ops.sum(weights[:, None] * codes, axis=0))
        self.total_of_squares.assign_add(ops.sum(weights[:, None] * ops.square(codes), axis=0))

    def result(self) -> Any:
        count = ops.maximum(self.count, keras.config.epsilon())
        variance = self.total_of_squares / count - ops.square(self.total / count)
        return nan_unless(self.count > 0, ops.sum(ops.cast(variance > self.threshold, "float32")))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "latent_dim": self.latent_dim, "threshold": self.threshold}
