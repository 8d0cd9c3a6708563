"""The bottleneck of sparse autoencoders."""

from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.layers.bottleneck import Bottleneck
from keras_cae.layers.penalty import Penalty
from keras_cae.layers.penalty_weight import PenaltyWeight
from keras_cae.metrics.measured_mean import MeasuredMean
from keras_cae.training.replicas import mean_over_batch
from keras_cae.validation import choice, non_negative_float, share

SMALLEST_ACTIVATION = 1e-7


@keras.saving.register_keras_serializable(package="keras_cae")
class SparseBottleneck(Bottleneck):
    """Makes codes sparse: only a few values are active for each image.

    With `penalty="kl"`, the code is `h = sigmoid(inputs)`, and, with `ρ_j` the mean of `h_j` over the batch,

        weight · Σ_j (ρ log(ρ / ρ_j) + (1 − ρ) log((1 − ρ) / (1 − ρ_j))),        ρ = target

    is added to the loss, so that each value is active for a fraction `target` of the images (Ng 2011, "Sparse
    Autoencoder", CS294A lecture notes). With `penalty="l1"`, the code is `h = max(inputs, 0)`, and `weight` times the
    mean over images of `Σ_j h_j` is added, so that most values are exactly 0 (Glorot et al. 2011, "Deep Sparse
    Rectifier Neural Networks"). In codes that are feature maps, the penalty applies to the mean of each channel.

    Logs: `sparsity_loss`, the penalty without the weight; `mean_activation`, the mean of the codes.

    Args:
        penalty: "kl" or "l1".
        weight: weight of the penalty. Setting the attribute takes effect in the next step.
        target: target of the mean activation with "kl", between 0 and 1.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, latent_dim)`, or feature maps `(n, *spatial, channels)`.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> model = keras_cae.models.BasicCAE(
    ...     latent_dim=16, bottleneck=keras_cae.layers.SparseBottleneck(weight=0.01)
    ... )
    >>> model.compile(optimizer="adam", loss="mse")
    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> sorted(model.fit(images, verbose=0).history)
    ['loss', 'mean_activation', 'reconstruction_loss', 'sparsity_loss']
    """

    weights_of_penalties = ("weight",)
    weight: Any = PenaltyWeight("sparsity")
    rules: ClassVar = {"penalty": choice("kl", "l1"), "weight": non_negative_float, "target": share}

    def __init__(self, penalty: str = "kl", *, weight: float = 1e-3, target: float = 0.05, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sparsity = Penalty(name="sparsity_loss")
        self.mean_activation = MeasuredMean(name="mean_activation")
        self.keep(penalty=penalty, weight=weight, target=target)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        codes = self._activated(inputs)
        units = ops.mean(codes, axis=tuple(range(1, len(codes.shape) - 1)))
        if self.penalty == "kl":
            self.sparsity(self._divergence(mean_over_batch(units)), training=training)
        else:
            self.sparsity(ops.sum(units, axis=-1), training=training)
        self.report(self.mean_activation, ops.mean(units, axis=-1), training)
        return ops.cast(codes, self.compute_dtype)

    def encode(self, features: Any) -> Any:
        return ops.cast(self._activated(features), self.compute_dtype)

    def _activated(self, inputs: Any) -> Any:
        inputs = ops.cast(inputs, "float32")
        return ops.sigmoid(inputs) if self.penalty == "kl" else ops.relu(inputs)

    def _divergence(self, activations: Any) -> Any:
        """Return the sum of the divergences of mean activations `(units,)` from the target, in nats."""
        activations = ops.clip(activations, SMALLEST_ACTIVATION, 1 - SMALLEST_ACTIVATION)
        active = self.target * ops.log(self.target / activations)
        inactive = (1 - self.target) * ops.log((1 - self.target) / (1 - activations))
        return ops.sum(active + inactive)
