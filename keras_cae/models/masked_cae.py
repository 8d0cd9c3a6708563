"""The masked autoencoder, whose encoder is reused for other tasks."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import keras

from keras_cae.kinds import KINDS
from keras_cae.layers.random_patch_mask import RandomPatchMask
from keras_cae.models.pyramid_cae import PyramidCAE, Strides
from keras_cae.networks.pyramid import Pyramid
from keras_cae.networks.residual import Residual
from keras_cae.ranks import size_in_words
from keras_cae.validation import choice, per_axis, positive_int, positive_int_or_ints, share
from keras_cae.validation import seed as seed_rule


@keras.saving.register_keras_serializable(package="keras_cae")
class MaskedCAE(PyramidCAE):
    """Masked autoencoder, which learns to fill in hidden patches, to pretrain an encoder without labels.

    The networks are those of `ResidualCAE`; `layers.RandomPatchMask` hides patches of their inputs in training and
    evaluation (He et al. 2022, "Masked Autoencoders Are Scalable Vision Learners"; with convolutions Woo et al. 2023,
    "ConvNeXt V2", Tian et al. 2023, "SparK"). `predict` and `encode` hide nothing; `corrupt` shows what evaluation
    hides, which is always the same. After pretraining, use `model.encoder` as the first part of a classifier.

    - The loss of `compile` is computed on the hidden pixels: averaged over those of each image, then over the images,
      which a `sample_weight` weights. It is comparable between values of `ratio`.
    - Metrics compare the targets with the completed images, in which hidden patches are reconstructed and visible ones
      are unchanged. Weighted metrics use the weights of the loss, which are 0 for visible pixels.

    Every level halves the resolution unless `strides` says otherwise. Along each axis, codes are therefore `2 **
    len(filters)` times smaller than the images; see `downsampling`.

    Args:
        latent_dim: size of the code. None leaves out the dense layers: the code is a feature map, and the model takes
            images of any size. A `bottleneck` that has a `latent_dim` determines it.
        patch_size: side of the patches in pixels, an integer or one for each axis.
        ratio: share of the patches that are hidden, between 0 and 1.
        blocks_per_level: number of residual blocks of the encoder at each level.
        upsampling: how the decoder doubles the size: "nearest" for nearest-neighbour upsampling and a convolution,
            "transposed" for transposed convolutions of stride 2.
        rank: number of spatial axes: 1 for signals, 2 for images, 3 for volumes.
        filters: number of filters of each level's convolutions, from the finest level to the coarsest. The finest level
            has half the resolution of the images.
        kernel_size: size of the kernels, an integer or one for each axis.
        strides: factor by which each level reduces the images: an integer; or one for each level, which may be a tuple
            with one for each axis.
        activation: activation of the hidden layers: the name of a Keras activation, a callable or a layer. Every place
            gets its own copy of a layer.
        output_activation: activation of the last layer, in one of these forms. It determines the range of the images:
            "sigmoid" for [0, 1].
        bottleneck: layer between the encoder and the decoder; by default, codes pass unchanged.
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets.
        normalizer: `keras.layers.Normalization` for data of any unit, which the first `fit` adapts. See `CAE`. With it,
            the output activation "sigmoid" is replaced by "linear".
        seed: seed of the choice of patches.
        **kwargs: arguments of `keras.Model`.

    Input shape: `(n, height, width, channels)`; with `rank=1` `(n, length, channels)`, with `rank=3` `(n, depth,
    height, width, channels)`. Each side must have at least as many pixels as `downsampling` says.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid; the images are too small for the levels, or for the patches; the loss has no
            value per pixel.

    Example:

    >>> model = keras_cae.models.MaskedCAE(latent_dim=8, patch_size=2, filters=(8, 16))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> images = np.random.default_rng(0).random((16, 8, 8, 1), dtype="float32")
    >>> history = model.fit(images, verbose=0)
    >>> classifier = keras.Sequential([model.encoder, keras.layers.Dense(10)])
    >>> classifier(images).shape
    TensorShape([16, 10])
    """

    rules: ClassVar = {
        **PyramidCAE.rules,
        "patch_size": positive_int_or_ints,
        "ratio": share,
        "blocks_per_level": positive_int,
        "upsampling": choice("nearest", "transposed"),
        "seed": seed_rule,
    }

    def __init__(
        self,
        latent_dim: int | None = None,
        *,
        patch_size: int | Sequence[int] = 4,
        ratio: float = 0.6,
        blocks_per_level: int = 1,
        upsampling: str = "nearest",
        rank: int = 2,
        filters: Sequence[int] = (32, 64),
        kernel_size: int | Sequence[int] = 3,
        strides: Strides = 2,
        activation: Any = "silu",
        output_activation: Any = "sigmoid",
        bottleneck: keras.layers.Layer | None = None,
        corruption: keras.layers.Layer | None = None,
        normalizer: keras.layers.Normalization | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            latent_dim,
            hyperparameters={
                "patch_size": patch_size,
                "ratio": ratio,
                "blocks_per_level": blocks_per_level,
                "upsampling": upsampling,
                "seed": seed,
            },
            rank=rank,
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            activation=activation,
            output_activation=output_activation,
            bottleneck=bottleneck,
            corruption=corruption,
            normalizer=normalizer,
            **kwargs,
        )
        per_axis(self.patch_size, self.rank, "patch_size")
        self._patch_mask = RandomPatchMask(
            self.patch_size,
            self.ratio,
            loss_on="hidden",
            seed=self.seed,
            dtype=self.variable_dtype,
            name="patch_mask",
        )

    @property
    def corruptions(self) -> tuple[keras.layers.Layer, ...]:
        return (*super().corruptions, self._patch_mask)

    def _check_size(self, size: Any, pyramid: Pyramid) -> None:
        super()._check_size(size, pyramid)
        if None in size:
            return
        patches = math.prod(self._patch_mask.grid(size))
        hidden = self._patch_mask.hidden_patches(patches)
        if not 0 < hidden < patches:
            kind = KINDS[self.rank]
            raise ValueError(
                f"At least one patch must be hidden and one visible, but with patch_size={self.patch_size} and "
                f"ratio={self.ratio}, {hidden} of the {patches} patches of {kind.noun} of {size_in_words(size)} "
                f"{kind.points} are hidden. Use a smaller patch_size or another ratio."
            )

    def pyramid(self, **shared: Any) -> Pyramid:
        return Residual(blocks_per_level=self.blocks_per_level, upsampling=self.upsampling, **shared)
