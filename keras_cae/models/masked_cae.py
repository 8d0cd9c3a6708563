"""Masked autoencoder, whose encoder is kept for other tasks."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras

from keras_cae.layers.random_patch_mask import RandomPatchMask
from keras_cae.models.pyramid_cae import PyramidCAE
from keras_cae.networks.pyramid import Pyramid
from keras_cae.networks.residual import Residual
from keras_cae.validation import choice, positive_int, share
from keras_cae.validation import seed as seed_rule


@keras.saving.register_keras_serializable(package="keras_cae")
class MaskedCAE(PyramidCAE):
    """Autoencoder that learns to fill hidden patches, to pretrain an encoder without labels.

    The networks of `ResidualCAE`, of whose inputs `layers.RandomPatchMask` hides patches in training and
    evaluation (He et al. 2022, "Masked Autoencoders Are Scalable Vision Learners"; with convolutions Woo et
    al. 2023, "ConvNeXt V2", Tian et al. 2023, "SparK"). `predict` and `encode` hide nothing; `corrupt` shows
    what evaluation hides, the same patches every time. Afterwards `model.encoder` is put in front of a
    classifier.

    - The loss, whichever `compile` is given, is that of the hidden pixels: its mean over those of each image,
      then over images. A `sample_weight` weights images. It is comparable between values of `ratio`.
    - Metrics compare the completed images, hidden patches as reconstructed and visible ones as they are, with
      the targets. Weighted metrics have the loss's weights, which are 0 for visible pixels.

    Args:
        latent_dim: size of the code. None leaves out the dense layers: the code is a feature map, and one set of
            weights serves images of any size. With a bottleneck that has a `latent_dim`, it is that one.
        patch_size: side of the patches, in pixels.
        ratio: share of the patches that are hidden, between 0 and 1.
        blocks_per_level: how many residual blocks the encoder has at each size.
        upsampling: how the decoder doubles the size, "nearest" or "transposed", as in `ResidualCAE`.
        filters: channels of each level's blocks, from half the resolution down.
        kernel_size: side of the kernels, in pixels.
        activation: name of a Keras activation, callable or layer; of a layer, every place has its own.
        output_activation: the same, for the last layer. It decides which values the images may have:
            "sigmoid" for [0, 1].
        bottleneck: layer between the encoder and the decoder; by default the codes pass as they are.
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets.
        seed: of the choice of patches.
        **kwargs: of `keras.Model`.

    Input shape: `(n, height, width, channels)`; each side at least `2 ** len(filters)` pixels.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is not of the kind named above; the images are too small for the levels, or
            for the patches; the loss has no value per pixel.

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
        "patch_size": positive_int,
        "ratio": share,
        "blocks_per_level": positive_int,
        "upsampling": choice("nearest", "transposed"),
        "seed": seed_rule,
    }

    def __init__(
        self,
        latent_dim: int | None = None,
        *,
        patch_size: int = 4,
        ratio: float = 0.6,
        blocks_per_level: int = 1,
        upsampling: str = "nearest",
        filters: Sequence[int] = (32, 64),
        kernel_size: int = 3,
        activation: Any = "silu",
        output_activation: Any = "sigmoid",
        bottleneck: keras.layers.Layer | None = None,
        corruption: keras.layers.Layer | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            latent_dim,
            bottleneck=bottleneck,
            corruption=corruption,
            hyperparameters={
                "patch_size": patch_size,
                "ratio": ratio,
                "blocks_per_level": blocks_per_level,
                "upsampling": upsampling,
                "filters": filters,
                "kernel_size": kernel_size,
                "activation": activation,
                "output_activation": output_activation,
                "seed": seed,
            },
            **kwargs,
        )
        self.patch_mask = RandomPatchMask(
            self.patch_size,
            self.ratio,
            loss_on="hidden",
            seed=self.seed,
            dtype=self.variable_dtype,
            name="patch_mask",
        )

    @property
    def corruptions(self) -> tuple[keras.layers.Layer, ...]:
        return (*super().corruptions, self.patch_mask)

    def _check_size(self, size: Any, pyramid: Pyramid) -> None:
        super()._check_size(size, pyramid)
        if None in size:
            return
        rows, columns = self.patch_mask.grid(*size)
        hidden = self.patch_mask.hidden_patches(rows * columns)
        if not 0 < hidden < rows * columns:
            raise ValueError(
                f"patch_size must leave a patch to hide and one to see, but of the {rows * columns} patches "
                f"of {self.patch_size} pixels in images of {size[0]}×{size[1]}, ratio={self.ratio} hides "
                f"{hidden}. Use a smaller patch_size, or another ratio."
            )

    def pyramid(self, **shared: Any) -> Pyramid:
        return Residual(blocks_per_level=self.blocks_per_level, upsampling=self.upsampling, **shared)
