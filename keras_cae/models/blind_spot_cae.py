"""The autoencoder that learns to remove noise without clean images."""

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
from keras_cae.training.neighbour_pairs import choose_neighbours, subsample
from keras_cae.training.trainer import Batch, with_pixel_weights
from keras_cae.validation import boolean, choice, optional, per_axis, positive_int, positive_int_or_ints, share
from keras_cae.validation import seed as seed_rule

RADIUS = {"median": 1, "mean": 1, "uniform": 2}
"""The maximum distance of the neighbours that replace a hidden pixel."""
DIFFERENCE_KEPT = 0.5
"""The fraction of the difference between two neighbours by which the target is corrected in subsampling."""
DEFAULT_RATIO, DEFAULT_REPLACEMENT = 1 / 9, "median"


@keras.saving.register_keras_serializable(package="keras_cae")
class BlindSpotCAE(PyramidCAE):
    """Autoencoder that learns to remove noise from noisy images alone.

    Noise that is independent from pixel to pixel can't be predicted from other pixels, so a model that has to predict
    pixels from others learns the clean image. `predict` and `encode` see all pixels and take images of any size. There
    are two methods of training:

    - "subsampling" splits each noisy image into two half-size images of neighbouring pixels, and trains the model to
      predict one from the other (Huang et al. 2021, "Neighbor2Neighbor: Self-Supervised Denoising from Single Noisy
      Images"). To preserve fine detail, half of the difference between the two in the denoised image is subtracted from
      the target.
    - "masking" hides single pixels, which the model learns to predict from those around them (Krull et al. 2019,
      "Noise2Void: Learning Denoising from Single Noisy Images"; Höck et al. 2022, "N2V2: Fixing Noise2Void Checkerboard
      Artifacts with Modified Sampling Strategies and a Tweaked Network Architecture").

    - `fit(noisy)` trains on noisy images. From arrays of images that are larger than `patch_size`, it draws random
      patches, in each epoch as many as fit into the images side by side. A single large image is therefore enough:
      `fit(image[None], epochs=100)`. Datasets are used as they are and should yield patches.
    - `fit(noisy, other)` trains with other images as targets and hides nothing. The targets may be other noisy images
      of the same scene, which is Noise2Noise (Lehtinen et al. 2018), or clean images.
    - `evaluate` and validation hide pixels with both methods. The loss is computed on the hidden pixels; metrics
      compare images in which the visible pixels are unchanged. With `validation_data=(noisy, clean)` nothing is
      hidden, so that the loss and the metrics measure the denoising.

    Images are normalized, so they may have values of any unit. Sizes that the levels can't halve are padded internally
    by reflection.

    Args:
        convs_per_level: number of convolutions of the encoder and of the decoder at each level.
        method: "subsampling" or "masking"; by default subsampling, unless `ratio`, `replacement` or `structured_mask`
            differ from their defaults.
        ratio: share of the pixels that are hidden, between 0 and 1.
        replacement: value that replaces a hidden pixel: the "median" or the "mean" of its neighbours, excluding itself
            (N2V2), or "uniform", the value of a random neighbour (N2V).
        structured_mask: array of zeros and ones with odd sides, for noise that is correlated between neighbours. Ones
            mark the pixels around the hidden pixel, which is in the middle, that are replaced too, such as
            `np.ones((1, 9))` for noise along rows.
        outermost_skip: whether the decoder sees the feature maps of full resolution. N2V2 omits them.
        blurred_pooling: whether the encoder reduces feature maps by blurred pooling (N2V2) instead of strides.
        patch_size: side of the patches that `fit` draws from larger images, an integer or one for each axis; None to
            train on whole images.
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
        ValueError: an argument is invalid; the loss has no value per pixel; `structured_mask` is given with
            `method="subsampling"`.

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
        "method": optional(choice("subsampling", "masking")),
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
        method: str | None = None,
        ratio: float = DEFAULT_RATIO,
        replacement: str = DEFAULT_REPLACEMENT,
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
                "method": method,
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
        if self.method == "subsampling" and self.structured_mask is not None:
            raise ValueError(
                "structured_mask is for noise that is correlated between neighbouring pixels, which "
                "method='subsampling' can't remove. Use method='masking'."
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

    # Hidden pixels

    @property
    def _subsamples(self) -> bool:
        if self.method is not None:
            return bool(self.method == "subsampling")
        return self.structured_mask is None and (self.ratio, self.replacement) == (DEFAULT_RATIO, DEFAULT_REPLACEMENT)

    @property
    def corruptions(self) -> tuple[keras.layers.Layer, ...]:
        return (*super().corruptions, self._pixel_mask)

    def corrupted(self, images: Any) -> tuple[Any, Any]:
        return self._pixel_mask.corrupt(self._corrupted_without_hiding(images))

    def _corrupted_without_hiding(self, images: Any) -> Any:
        """Return images to which the user's corruption is applied, with no pixels hidden."""
        self._custom_loop_corrupts = True
        return corrupted_by(super().corruptions, images)[0]

    def _inputs_of(self, batch: Batch, training: bool) -> tuple[Any, Batch]:
        if batch.target is not batch.images:
            return self._inputs_for_targets(batch)
        if training and self._subsamples:
            return self._subsampled(batch)
        return super()._inputs_of(batch, training)

    def _inputs_for_targets(self, batch: Batch) -> tuple[Any, Batch]:
        """Hide pixels only in images that equal their targets, because the model would learn to copy these."""
        visible = self._corrupted_without_hiding(batch.images)
        if visible.shape[1:] != batch.target.shape[1:]:
            return visible, batch
        hidden, weights = self._pixel_mask.corrupt(visible)
        axes = tuple(range(1, len(batch.images.shape)))
        is_own_target = ops.all(ops.equal(batch.images, batch.target), axis=axes, keepdims=True)
        weights = ops.where(is_own_target[..., 0], weights, ops.ones_like(weights))
        return ops.where(is_own_target, hidden, visible), with_pixel_weights(batch, weights)

    def _subsampled(self, batch: Batch) -> tuple[Any, Batch]:
        """Return half-size images, and the batch whose targets consist of the neighbouring pixels.

        Neighbouring pixels differ slightly even without noise. Subtracting a part of their difference in the denoised
        image from the target keeps the model from blurring. Subtracting all of it could teach the model to copy its
        input.
        """
        images = batch.images
        self._pixel_mask.check_sides(ops.shape(images)[1:-1])
        pair = choose_neighbours(images, self._pixel_mask.seed_generator)
        denoised = ops.stop_gradient(ops.cast(self._reconstruct(images), images.dtype))
        difference = subsample(denoised, pair.first) - subsample(denoised, pair.second)
        target = subsample(images, pair.second) + DIFFERENCE_KEPT * difference
        return subsample(self._corrupted_without_hiding(images), pair.first), batch._replace(
            images=subsample(images, pair.first),
            target=target,
            sample_weight=_weights_of_chosen(batch.sample_weight, images, pair.second),
        )

    # Patches of large images

    def _training_data(self, **data: Any) -> dict[str, Any]:
        """Replace an array of images that are larger than `patch_size` by random patches of them."""
        x, y, sample_weight = data["x"], data["y"], data["sample_weight"]
        if not self._needs_patches(x):
            return data
        parts, held_out = [x, None if y is x else y, sample_weight], data["validation_data"]
        if data["validation_split"] and held_out is None:
            parts, held_out = _split(parts, data["validation_split"])
            held_out = self._checked_validation(held_out)
        x, y, sample_weight = parts
        self._build_early(x)
        self._prepare_for(x, None)  # Adapts to all pixels instead of the patches of the first epoch.
        patches = RandomPatches(
            x,
            y,
            sample_weight=sample_weight,
            patch_size=self.patch_size,
            batch_size=data["batch_size"] or DEFAULT_BATCH_SIZE,
            seed=self.seed,
        )
        unused = dict.fromkeys(("y", "sample_weight", "batch_size"))
        return {**data, **unused, "x": patches, "validation_split": 0.0, "validation_data": held_out}

    def _needs_patches(self, images: Any) -> bool:
        shape = getattr(images, "shape", None)
        if self.patch_size is None or shape is None or len(shape) != self.rank + 2:
            return False
        sizes = per_axis(self.patch_size, self.rank, "patch_size")
        return any(side > size for side, size in zip(shape[1:-1], sizes, strict=True))


def _weights_of_chosen(sample_weight: Any, images: Any, chosen: Any) -> Any:
    """Return the weights of the chosen pixels; return weights of whole images unchanged."""
    if sample_weight is None or len(sample_weight.shape) < len(images.shape) - 1:
        return sample_weight
    if sample_weight.shape[1:] == (1,) * len(sample_weight.shape[1:]):
        return sample_weight
    weights = ops.cast(sample_weight, images.dtype)
    if len(weights.shape) == len(images.shape):
        return subsample(weights, chosen)
    return subsample(weights[..., None], chosen)[..., 0]


def _split(parts: list[Any], validation_split: float) -> tuple[list[Any], tuple[Any, ...]]:
    """Split images, targets and weights into a part for training and the last part for validation."""
    kept = math.floor(len(parts[0]) * (1.0 - validation_split))
    if not kept:
        raise ValueError(
            f"validation_split must leave at least one image to train on, got {validation_split} with {len(parts[0])} "
            "images. Crop a part of the image and pass it as validation_data."
        )
    first, last = (
        [None if part is None else part[share] for part in parts] for share in (slice(kept), slice(kept, None))
    )
    return first, tuple(last)
