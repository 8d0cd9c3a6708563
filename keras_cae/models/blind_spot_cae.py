"""Removes noise without having seen clean images."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.datasets.random_patches import RandomPatches
from keras_cae.hyperparameters import without
from keras_cae.layers.blind_spots import BlindSpots, mask_rule
from keras_cae.models.corrupting import corrupted_by
from keras_cae.models.pyramid_cae import PyramidCAE, Strides
from keras_cae.networks.blind_u_shaped import BlindUShaped
from keras_cae.networks.pyramid import Pyramid
from keras_cae.training.inference import DEFAULT_BATCH_SIZE
from keras_cae.training.trainer import Batch
from keras_cae.validation import boolean, choice, optional, per_axis, positive_int, positive_int_or_ints, share
from keras_cae.validation import seed as seed_rule

RADIUS = {"median": 1, "mean": 1, "uniform": 2}
"""How far away the neighbours may be that replace a hidden pixel."""


@keras.saving.register_keras_serializable(package="keras_cae")
class BlindSpotCAE(PyramidCAE):
    """Autoencoder that learns to remove noise from the noisy images alone.

    Training hides single pixels, which the model learns to predict from the pixels around them. Noise that is
    independent from pixel to pixel can't be predicted, so the model predicts the clean image (Krull et al. 2019,
    "Noise2Void: Learning Denoising from Single Noisy Images"; Höck et al. 2022, "N2V2: Fixing Noise2Void Checkerboard
    Artifacts with Modified Sampling Strategies and a Tweaked Network Architecture"). `predict` and `encode` hide
    nothing and take images of any size.

    - `fit(noisy)` trains on noisy images. From arrays of images that are larger than `patch_size`, it takes patches at
      random places, as many in each epoch as fit side by side, so that a single large image is enough:
      `fit(image[None], epochs=100)`. Datasets are used as they are and should yield patches.
    - `fit(noisy, other)` trains with other images as targets and hides nothing. The targets may be other noisy images
      of the same scene, which is Noise2Noise (Lehtinen et al. 2018), or clean images.
    - The loss is computed on the hidden pixels; metrics compare images in which the visible pixels are unchanged. With
      `validation_data=(noisy, clean)` nothing is hidden, so that the loss and the metrics measure the denoising.

    Images are normalized, so they may have values of any unit. Sizes that the levels can't halve are padded internally
    by reflection.

    Args:
        convs_per_level: number of convolutions of the encoder and of the decoder at each level.
        ratio: share of the pixels that are hidden, between 0 and 1.
        replacement: what a hidden pixel gets: the "median" or the "mean" of its neighbours without itself (N2V2), or
            the value of a random one, "uniform" (N2V).
        structured_mask: array of zeros and ones with odd sides, for noise that is correlated between neighbours:
            which pixels around a hidden one, in the middle, are replaced too. `np.ones((1, 9))` for noise along rows.
        outermost_skip: whether the decoder sees the feature maps of full resolution; N2V2 does without.
        blurred_pooling: whether the encoder makes feature maps smaller by blurring (N2V2), rather than by strides.
        patch_size: side of the patches that `fit` takes of larger images, an integer or one for each axis; None
            for whole images.
        rank: number of spatial axes: 1 for signals, 2 for images, 3 for volumes.
        filters: number of filters of each level's convolutions, from the finest level to the coarsest.
        kernel_size: size of the kernels, an integer or one for each axis.
        strides: factor by which each level reduces the images: an integer; or one for each level, which may be a tuple
            with one for each axis. The first level keeps the size: an integer does not count for it, and a sequence may
            leave it out.
        activation: activation of the hidden layers: the name of a Keras activation, a callable or a layer. Every place
            gets its own copy of a layer.
        output_activation: activation of the last layer, given likewise. It determines which values the images may have:
            "sigmoid" for [0, 1].
        bottleneck: layer between the encoder and the decoder; by default, codes pass unchanged.
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets. Pixels are
            hidden after it.
        normalizer: `keras.layers.Normalization` for data of any unit, which the first `fit` adapts. See `CAE`. None
            creates one.
        seed: seed of the choice of pixels and of patches.
        **kwargs: arguments of `keras.Model`.

    Input shape: `(n, height, width, channels)`; with `rank=1` `(n, length, channels)`, with `rank=3` `(n, depth,
    height, width, channels)`. Images may have any size.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid; the loss has no value per pixel.

    Example:

    >>> model = keras_cae.models.BlindSpotCAE(filters=(4, 8), seed=0)
    >>> model.compile(optimizer="adam", loss="mse")
    >>> noisy = np.random.default_rng(0).normal(300, 20, (1, 150, 140, 1))
    >>> history = model.fit(noisy, epochs=2, verbose=0)
    >>> model.predict(noisy, verbose=0).shape
    (1, 150, 140, 1)
    """

    rules: ClassVar = {
        **without(PyramidCAE.rules, "latent_dim"),
        "convs_per_level": positive_int,
        "ratio": share,
        "replacement": choice(*RADIUS),
        "structured_mask": optional(mask_rule),
        "outermost_skip": boolean,
        "blurred_pooling": boolean,
        "patch_size": optional(positive_int_or_ints),
        "seed": seed_rule,
    }

    def __init__(
        self,
        convs_per_level: int = 2,
        *,
        ratio: float = 1 / 9,
        replacement: str = "median",
        structured_mask: Any = None,
        outermost_skip: bool = True,
        blurred_pooling: bool = False,
        patch_size: int | Sequence[int] | None = 64,
        rank: int = 2,
        filters: Sequence[int] = (32, 64, 128),
        kernel_size: int | Sequence[int] = 3,
        strides: Strides = 2,
        activation: Any = "relu",
        output_activation: Any = "linear",
        bottleneck: keras.layers.Layer | None = None,
        corruption: keras.layers.Layer | None = None,
        normalizer: keras.layers.Normalization | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            None,
            hyperparameters={
                "convs_per_level": convs_per_level,
                "ratio": ratio,
                "replacement": replacement,
                "structured_mask": structured_mask,
                "outermost_skip": outermost_skip,
                "blurred_pooling": blurred_pooling,
                "patch_size": patch_size,
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
            normalizer=keras.layers.Normalization() if normalizer is None else normalizer,
            **kwargs,
        )
        if self.patch_size is not None:
            per_axis(self.patch_size, self.rank, "patch_size")
        self._pixel_mask = BlindSpots(
            self.ratio,
            replacement=self.replacement,
            radius=RADIUS[self.replacement],
            structured_mask=self.structured_mask,
            seed=self.seed,
            dtype=self.variable_dtype,
            name="blind_spots",
        )
        self._pixel_mask.check_rank(self.rank)

    def pyramid(self, **shared: Any) -> Pyramid:
        return BlindUShaped(
            convs_per_level=self.convs_per_level,
            outermost_skip=self.outermost_skip,
            blurred=self.blurred_pooling,
            **shared,
        )

    # What is hidden, and when

    @property
    def corruptions(self) -> tuple[keras.layers.Layer, ...]:
        return (*super().corruptions, self._pixel_mask)

    def corrupted(self, images: Any) -> tuple[Any, Any]:
        return self._pixel_mask.corrupt(self._visible(images))

    def _visible(self, images: Any) -> Any:
        """Return corrupted images of which nothing is hidden yet."""
        self._own_loop_is_corrupted = True
        return corrupted_by(super().corruptions, images)[0]

    def _inputs_of(self, batch: Batch) -> tuple[Any, Any]:
        """Return the images with hidden pixels, and the weights of these; of images with another target, all pixels."""
        if batch.target is batch.images:
            return self.corrupted(batch.images)
        visible = self._visible(batch.images)
        if visible.shape[1:] != batch.target.shape[1:]:
            return visible, None
        hidden, weights = self._pixel_mask.corrupt(visible)
        # Towards themselves, images would be copied.
        axes = tuple(range(1, len(batch.images.shape)))
        itself = ops.all(ops.equal(batch.images, batch.target), axis=axes, keepdims=True)
        return ops.where(itself, hidden, visible), ops.where(itself[..., 0], weights, ops.ones_like(weights))

    # Patches of large images

    def _training_data(self, **data: Any) -> dict[str, Any]:
        """Return random patches of images in an array that are larger than `patch_size`."""
        x, y, sample_weight = data["x"], data["y"], data["sample_weight"]
        if not self._takes_patches_of(x):
            return data
        parts, held_out = [x, None if y is x else y, sample_weight], data["validation_data"]
        if data["validation_split"] and held_out is None:
            parts, held_out = _split(parts, data["validation_split"])
            held_out = self._checked_validation(held_out)
        x, y, sample_weight = parts
        self._build_early(x)
        self._prepare_for(x, None)  # All of it, rather than the patches of the first epoch.
        patches = RandomPatches(
            x,
            y,
            sample_weight=sample_weight,
            patch_size=self.patch_size,
            batch_size=data["batch_size"] or DEFAULT_BATCH_SIZE,
            seed=self.seed,
        )
        nothing = dict.fromkeys(("y", "sample_weight", "batch_size"))
        return {**data, **nothing, "x": patches, "validation_split": 0.0, "validation_data": held_out}

    def _takes_patches_of(self, images: Any) -> bool:
        shape = getattr(images, "shape", None)
        if self.patch_size is None or shape is None or len(shape) != self.rank + 2:
            return False
        sizes = per_axis(self.patch_size, self.rank, "patch_size")
        return any(side > size for side, size in zip(shape[1:-1], sizes, strict=True))


def _split(parts: list[Any], validation_split: float) -> tuple[list[Any], tuple[Any, ...]]:
    """Return the images to train on, their targets and weights; and the last ones, for validation."""
    kept = math.floor(len(parts[0]) * (1.0 - validation_split))
    if not kept:
        raise ValueError(
            f"validation_split must leave images to train on, got {validation_split} of {len(parts[0])}. Cut a part "
            "of the image off, and pass it as validation_data."
        )
    first, last = (
        [None if part is None else part[share] for part in parts] for share in (slice(kept), slice(kept, None))
    )
    return first, tuple(last)
