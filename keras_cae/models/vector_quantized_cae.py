"""The autoencoder with discrete codes."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np

from keras_cae.hyperparameters import without
from keras_cae.layers.finite_scalar_quantizer import FiniteScalarQuantizer
from keras_cae.layers.vector_quantizer import VectorQuantizer
from keras_cae.models.pyramid_cae import PyramidCAE, Strides
from keras_cae.networks.pyramid import Pyramid
from keras_cae.networks.strided import Strided
from keras_cae.validation import fraction, non_negative_float, optional, positive_int, positive_ints
from keras_cae.validation import seed as seed_rule


@keras.saving.register_keras_serializable(package="keras_cae")
class VectorQuantizedCAE(PyramidCAE):
    """Vector-quantized autoencoder (VQ-VAE), whose codes are grids of codebook indices.

    It combines the fully convolutional networks of `BasicCAE` with a `VectorQuantizer` (van den Oord et al. 2017,
    "Neural Discrete Representation Learning"), or, given `levels`, a `FiniteScalarQuantizer` (Mentzer et al. 2023,
    "Finite Scalar Quantization: VQ-VAE Made Simple"). The model takes images of any size. A code has one index of
    `log2(codebook_size)` bits for each patch of `downsampling` pixels.

    `encode` returns the indices, int32 of shape `(n, rows, columns)` for images, and `decode` reconstructs images from
    them. Logs: `reconstruction_loss`, `perplexity` and `codebook_usage` of the epoch, and with a codebook
    `commitment_loss` (see `VectorQuantizer`).

    The first level keeps the resolution, and each later one halves it unless `strides` says otherwise. Along each axis,
    codes are therefore `2 ** (len(filters) - 1)` times smaller than the images; see `downsampling`.

    Args:
        codebook_size: number of vectors in the codebook.
        code_dim: size of each vector.
        levels: numbers of levels to which the values of a code are rounded, instead of a codebook. Their product is the
            `codebook_size` and their number the `code_dim`, which may then be omitted; `commitment_weight` and `decay`
            have no effect.
        commitment_weight: weight of the penalty, which is a mean over the values of the codes as the loss is over those
            of the images. It may be changed during training, as `callbacks.WeightScheduler` does.
        decay: decay rate of the moving averages that the codebook consists of.
        rank: number of spatial axes: 1 for signals, 2 for images, 3 for volumes.
        filters: number of filters of each level's convolutions, from the finest level to the coarsest.
        kernel_size: size of the kernels, an integer or one for each axis.
        strides: factor by which each level reduces the images: an integer; or one for each level, which may be a tuple
            with one for each axis. The first level keeps the size: an integer does not apply to it, and a sequence may
            omit it.
        activation: activation of the hidden layers: the name of a Keras activation, a callable or a layer. Every place
            gets its own copy of a layer.
        output_activation: activation of the last layer, in one of these forms. It determines the range of the images:
            "sigmoid" for [0, 1].
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets.
        normalizer: `keras.layers.Normalization` for data of any unit, which the first `fit` adapts. See `CAE`. With it,
            the output activation "sigmoid" is replaced by "linear".
        seed: seed of the choice of vectors that replace dead codes in training.
        **kwargs: arguments of `keras.Model`.

    Input shape: `(n, height, width, channels)`; with `rank=1` `(n, length, channels)`, with `rank=3` `(n, depth,
    height, width, channels)`. Each side must have at least as many pixels as `downsampling` says.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid, or the images are too small; or the codes to decode are not integers, or not
            indices of the codebook.

    Example:

    >>> model = keras_cae.models.VectorQuantizedCAE(codebook_size=32, code_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> images = np.random.default_rng(0).random((64, 14, 14, 1), dtype=np.float32)
    >>> sorted(model.fit(images, verbose=0).history)
    ['codebook_usage', 'commitment_loss', 'loss', 'perplexity', 'reconstruction_loss']
    >>> codes = model.encode(images)
    >>> codes.shape, codes.dtype
    ((64, 7, 7), dtype('int32'))
    >>> model.decode(codes).shape
    (64, 14, 14, 1)
    """

    rules: ClassVar = {
        **without(PyramidCAE.rules, "bottleneck", "latent_dim"),
        "codebook_size": positive_int,
        "code_dim": positive_int,
        "levels": optional(positive_ints),
        "commitment_weight": non_negative_float,
        "decay": fraction,
        "seed": seed_rule,
    }

    def __init__(
        self,
        codebook_size: int | None = None,
        code_dim: int | None = None,
        *,
        levels: Sequence[int] | None = None,
        commitment_weight: float = 0.25,
        decay: float = 0.99,
        rank: int = 2,
        filters: Sequence[int] = (16, 32, 64),
        kernel_size: int | Sequence[int] = 3,
        strides: Strides = 2,
        activation: Any = "relu",
        output_activation: Any = "sigmoid",
        corruption: keras.layers.Layer | None = None,
        normalizer: keras.layers.Normalization | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        if levels is not None:
            grid = FiniteScalarQuantizer(levels)
            levels = grid.levels
            codebook_size = _check_against_levels(codebook_size, grid.codebook_size, "codebook_size", "the product")
            code_dim = _check_against_levels(code_dim, grid.code_dim, "code_dim", "the number")
        super().__init__(
            None,
            hyperparameters={
                "codebook_size": codebook_size,
                "code_dim": code_dim,
                "levels": levels,
                "commitment_weight": commitment_weight,
                "decay": decay,
                "seed": seed,
            },
            rank=rank,
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            activation=activation,
            output_activation=output_activation,
            bottleneck=kwargs.pop("bottleneck", None),
            corruption=corruption,
            normalizer=normalizer,
            **kwargs,
        )

    def pyramid(self, **shared: Any) -> Pyramid:
        return Strided(**shared)

    def make_bottleneck(self) -> keras.layers.Layer:
        common = {"dtype": self.dtype_policy, "name": "bottleneck"}
        if self.levels is not None:
            return FiniteScalarQuantizer(self.levels, **common)
        return VectorQuantizer(
            self.codebook_size,
            self.code_dim,
            commitment_weight=self.commitment_weight,
            decay=self.decay,
            seed=self.seed,
            **common,
        )


def _check_against_levels(value: Any, expected: int, name: str, meaning: str) -> int:
    if value is not None and (not isinstance(value, int | np.integer) or value != expected):
        raise ValueError(f"{name} must be {meaning} of the levels, {expected}, or omitted, got {value!r}.")
    return expected
