"""The bottleneck of Wasserstein autoencoders, which compares the codes of a batch with the prior."""

import math
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.layers.gaussian_prior import GaussianPrior
from keras_cae.layers.penalty import Penalty
from keras_cae.layers.penalty_weight import PenaltyWeight
from keras_cae.training.replicas import gather_from_replicas
from keras_cae.validation import choice, non_negative_float

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""The scales of the averaged kernels, relative to the mean squared distance of two codes of the prior."""


@keras.saving.register_keras_serializable(package="keras_cae")
class MMDBottleneck(GaussianPrior):
    """Penalizes a distribution of codes that differs from the standard normal distribution. The codes pass unchanged.

    The penalty is `mmd_weight · MMD²`, where MMD is the maximum mean discrepancy between the codes `z` of the batch and
    the prior `P` of normal codes `p` (Tolstikhin et al. 2018, "Wasserstein Auto-Encoders"; Zhao et al. 2019,
    "InfoVAE"), estimated without bias, so that it may be a little below 0,

        MMD² = 1 / (n (n − 1)) Σ_{i≠j} k(z_i, z_j) − 2 / n Σ_i E_P k(z_i, p) + E_P k(p, p').

    The expectations over the prior are computed rather than sampled, so they have no noise. The kernel is the mean over
    the scales `s` = 0.1, 0.2, 0.5, 1, 2, 5, 10 of

        "imq":  C / (C + ‖x − y‖²),  C = 2 d s,    whose long tails also reach codes far from the prior;
        "rbf":  exp(−‖x − y‖² / C),

    where `d` is the size of a code; the mean squared distance of two codes of the prior is `2 d`. Since `k(x, x) = 1`,
    MMD² is at most 2 for codes and images of any size. The penalty is added in training and evaluation. A batch with a
    single image has no penalty. The larger a batch, the less the estimate varies.

    Logs: `mmd_loss`, the mean over batches of MMD², without the weight.

    Args:
        mmd_weight: weight of the penalty. Setting the attribute takes effect in the next step.
        kernel: "imq", the inverse multiquadratic, or "rbf", the Gaussian kernel.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, ...)`: all values of an image are its code.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> bottleneck = keras_cae.layers.MMDBottleneck()
    >>> codes = np.random.default_rng(0).normal(size=(500, 4))
    >>> abs(float(bottleneck.discrepancy(codes))) < 0.002
    True
    >>> float(bottleneck.discrepancy(codes + 1.0)) > 0.1
    True
    """

    passes_codes = True
    weights_of_penalties = ("mmd_weight",)
    mmd_weight: Any = PenaltyWeight("mmd")
    rules: ClassVar = {"mmd_weight": non_negative_float, "kernel": choice("imq", "rbf")}

    def __init__(self, mmd_weight: float = 1.0, *, kernel: str = "imq", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mmd = Penalty(name="mmd_loss")
        self.keep(mmd_weight=mmd_weight, kernel=kernel)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        self.mmd(self.discrepancy(gather_from_replicas(inputs)), training=training)
        return inputs

    def discrepancy(self, codes: Any) -> Any:
        """Return the estimate of MMD² for a batch of codes as a float32 scalar; 0 for fewer than two codes."""
        if None in tuple(codes.shape[1:]):
            raise ValueError(
                f"MMDBottleneck needs codes of a fixed size, got {tuple(codes.shape)}. Give the model a latent_dim."
            )
        codes = ops.cast(codes, "float32")
        codes = ops.reshape(codes, (-1, math.prod(codes.shape[1:])))
        squares = ops.sum(ops.square(codes), axis=-1)
        products = ops.matmul(codes, ops.transpose(codes))
        distances = ops.maximum(squares[:, None] + squares[None] - 2.0 * products, 0.0)
        between = self._kernel_at(distances, codes.shape[-1])
        between = tf.linalg.set_diag(between, ops.zeros_like(squares))
        to_prior, within_prior = self._expectations(squares, codes.shape[-1])
        count = ops.cast(ops.shape(codes)[0], "float32")
        pairs = ops.maximum(count * (count - 1.0), 1.0)
        estimate = ops.sum(between) / pairs - 2.0 * ops.sum(to_prior) / ops.maximum(count, 1.0) + within_prior
        return ops.where(count > 1.0, estimate, 0.0)

    def _kernel_at(self, distances: Any, size: int) -> Any:
        """Return the kernel for squared distances between codes of this size."""
        total = ops.zeros_like(distances)
        for scale in _scales(size):
            total += scale / (scale + distances) if self.kernel == "imq" else ops.exp(-distances / scale)
        return total / len(SCALES)

    def _expectations(self, squares: Any, size: int) -> tuple[Any, float]:
        """Return `E k(z, p)` for codes with these squared lengths, and `E k(p, p')`.

        For the kernel `exp(−t ‖x − y‖²)` they have a closed form,

            E k(z, p) = (1 + 2t)^(−d/2) exp(−t ‖z‖² / (1 + 2t)),    E k(p, p') = (1 + 4t)^(−d/2),

        and every kernel used here is a sum of such kernels.
        """
        weights, rates = _gaussians(self.kernel, size)
        to_prior = weights * (1.0 + 2.0 * rates) ** (-size / 2)
        decays = (rates / (1.0 + 2.0 * rates)).astype("float32")
        terms = to_prior.astype("float32") * ops.exp(-squares[:, None] * decays)
        return ops.sum(terms, axis=-1), float(np.sum(weights * (1.0 + 4.0 * rates) ** (-size / 2)))


def _scales(size: int) -> np.ndarray:
    """Return `C` of each kernel for codes of this size."""
    return (2.0 * size * np.array(SCALES)).astype("float32")


def _gaussians(kernel: str, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return weights `a` and rates `t` with which the kernel is `Σ a exp(−t ‖x − y‖²)`.

    The inverse multiquadratic is `C / (C + r²) = ∫ exp(−u) exp(−u r² / C) du` over `u` from 0 to infinity. With `u =
    exp(v)`, the integrand is smooth and vanishes at both ends, so that a sum over equal steps in `v` converges
    exponentially. The steps used here are exact to about 1e-7.
    """
    scales = _scales(size).astype("float64")
    if kernel == "rbf":
        return np.full(len(scales), 1.0 / len(scales)), 1.0 / scales
    step = 0.4
    v = np.arange(-17.0, 4.0, step)
    weights = np.broadcast_to(step * np.exp(v - np.exp(v)) / len(scales), (len(scales), len(v)))
    return weights.ravel(), (np.exp(v) / scales[:, None]).ravel()
