"""Masked autoencoder, whose encoder is kept for other tasks."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_cae.layers.random_patch_mask import RandomPatchMask
from keras_cae.models.image_trainer import per_image_weights
from keras_cae.models.residual_cae import ResidualCAE
from keras_cae.models.training_steps import Batch


@keras.saving.register_keras_serializable(package="keras_cae")
class MaskedCAE(ResidualCAE):
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
        latent_dim: size of the code. None leaves out the dense layers: the code is a feature map, and one
            set of weights serves images of any size.
        patch_size: side of the patches, in pixels.
        ratio: share of the patches that are hidden, between 0 and 1.
        filters: channels of each level's blocks, from half the resolution down.
        blocks_per_level: how many residual blocks the encoder has at each size.
        kernel_size: side of the kernels, in pixels.
        activation: name of a Keras activation, callable or layer; of a layer, each place has its own.
        output_activation: the same, for the last layer.
        corruption: layer that is applied to the inputs before patches are hidden, never to the targets.
        seed: of the choice of patches.
        **kwargs: `upsampling` of `ResidualCAE`, and those of `keras.Model`.

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

    def __init__(
        self,
        latent_dim: int | None,
        patch_size: int = 4,
        ratio: float = 0.6,
        filters: Sequence[int] = (32, 64),
        blocks_per_level: int = 1,
        kernel_size: int = 3,
        activation: Any = "silu",
        output_activation: Any = "sigmoid",
        corruption: keras.layers.Layer | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            latent_dim,
            filters,
            blocks_per_level,
            kernel_size,
            activation,
            output_activation,
            corruption,
            **kwargs,
        )
        self.patch_mask = RandomPatchMask(patch_size, ratio, seed, dtype=self.variable_dtype, name="patch_mask")
        self.patch_size, self.ratio, self.seed = self.patch_mask.patch_size, self.patch_mask.ratio, seed

    @property
    def corruptions(self) -> tuple[keras.layers.Layer, ...]:
        return (*super().corruptions, self.patch_mask)

    def _check_size(self, size: Any) -> None:
        super()._check_size(size)
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

    def _corrupted_batch(self, batch: Batch) -> tuple[Any, Batch]:
        images = batch.images
        for layer in super().corruptions:
            images = layer(images, training=True)
        hidden = self.patch_mask.draw(images)
        weights = self._pixel_weights(hidden, batch.sample_weight)
        return self.patch_mask.hide(images, hidden), batch._replace(sample_weight=weights, hidden=hidden)

    def _pixel_weights(self, hidden: Any, sample_weight: Any) -> Any:
        """Weights under which the mean over all pixels is that over the hidden ones: `(n, height, width)`."""
        weights = ops.cast(hidden, "float32")
        share = ops.mean(weights, axis=(1, 2), keepdims=True)
        weights = weights / ops.maximum(share, keras.config.epsilon())
        if sample_weight is None:
            return weights
        of_images = tf.cast(per_image_weights(sample_weight), "float32")
        # Keras does not tell the rank of weights `(n, height, width, 1)`.
        return weights * tf.ensure_shape(tf.reshape(of_images, tf.shape(of_images)[:3]), (None, None, None))

    def _logs(self, batch: Batch, y_pred: Any) -> Any:
        target = ops.cast(self.target(batch.images, batch.y, y_pred), y_pred.dtype)
        return super()._logs(batch, ops.where(batch.hidden[..., None], y_pred, target))

    def _checked_loss(self, batch: Batch, y_pred: Any, training: bool) -> Any:
        self._check_loss(self.target(batch.images, batch.y, y_pred), y_pred)
        return super()._checked_loss(batch, y_pred, training)

    def _check_loss(self, target: Any, y_pred: Any) -> None:
        loss = getattr(self, "loss", None)
        if not isinstance(loss, str | keras.Loss) and not callable(loss):
            return
        loss = keras.losses.get(loss)
        values = getattr(loss, "call", loss)(target, y_pred)
        if len(values.shape) != 3:
            raise ValueError(
                "MaskedCAE needs a loss with a value for every pixel, of shape (n, height, width), of which "
                f"it takes those of the hidden patches; {self.loss!r} gives the shape {tuple(values.shape)}. "
                "Use 'mse', 'mae' or 'binary_crossentropy'."
            )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "patch_size": self.patch_size, "ratio": self.ratio, "seed": self.seed}
