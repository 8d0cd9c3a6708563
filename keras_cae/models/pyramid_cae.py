"""The base of the library's own architectures."""

import abc
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import keras

from keras_cae.hyperparameters import plain
from keras_cae.images import check_image_batch
from keras_cae.kinds import KINDS
from keras_cae.layers.bottleneck import Bottleneck
from keras_cae.models.cae import CAE
from keras_cae.networks.graphs import Graphs, graphs_of_pyramid
from keras_cae.networks.pyramid import Pyramid, level_strides
from keras_cae.ranks import rank_rule, size_in_words
from keras_cae.serialization import activation, activation_template, layer
from keras_cae.training.inference import DEFAULT_BATCH_SIZE
from keras_cae.training.normalizing import normalizer_rule
from keras_cae.training.trainer import Trainer
from keras_cae.validation import optional, positive_int, positive_int_or_ints, positive_ints

Strides = int | Sequence[int | Sequence[int]]
"""The types of `strides`: one for all levels, one for each level, or one for each level and axis."""


class PyramidCAE(CAE):
    """A `CAE` that builds its encoder and decoder from hyperparameters and the shape of the images.

    Derive from it to add an architecture. A subclass returns the description of its networks from `pyramid`, which
    supports signals, images and volumes alike. It lists its own arguments in `rules` and passes them to `__init__` of
    this class. A subclass that also creates its bottleneck, in `make_bottleneck`, is a recipe, whose users can't choose
    another bottleneck.

    Args:
        latent_dim: size of the code. None if codes are feature maps, or if the bottleneck determines it.
        hyperparameters: the subclass's own arguments by name.
        rank: number of spatial axes: 1 for signals, 2 for images, 3 for volumes.
        filters: number of filters of each level's convolutions, from the finest level to the coarsest.
        kernel_size: size of the kernels, an integer or one for each axis.
        strides: factor by which each level reduces the images: an integer; or one for each level, which may be a tuple
            with one for each axis.
        activation: activation of the hidden layers: the name of a Keras activation, a callable or a layer. Every place
            gets its own copy of a layer.
        output_activation: activation of the last layer, in one of these forms. It determines the range of the images:
            "sigmoid" for [0, 1].
        bottleneck: layer between the encoder and the decoder; by default, codes pass unchanged. None for recipes, which
            create their own bottleneck.
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets.
        normalizer: `keras.layers.Normalization` for data of any unit, which the first `fit` adapts. See `CAE`. With it,
            the output activation "sigmoid" is replaced by "linear".
        **kwargs: arguments of `keras.Model`.

    Input shape: `(n, height, width, channels)`; with `rank=1` `(n, length, channels)`, with `rank=3`
    `(n, depth, height, width, channels)`.

    Output shape: that of the input.

    Example:

    >>> from keras_cae.networks.strided import Strided
    >>> class ShallowCAE(keras_cae.models.PyramidCAE):
    ...     def __init__(self, latent_dim=None, *, filters=(8, 16), **kwargs):
    ...         super().__init__(latent_dim, filters=filters, **kwargs)
    ...     def pyramid(self, **shared):
    ...         return Strided(**shared)
    >>> ShallowCAE(latent_dim=4).encode(np.zeros((1, 8, 8, 1))).shape
    (1, 4)
    >>> ShallowCAE(latent_dim=4, rank=1).encode(np.zeros((1, 101, 2))).shape
    (1, 4)
    """

    rules: ClassVar = {
        "latent_dim": optional(positive_int),
        "rank": rank_rule,
        "filters": positive_ints,
        "kernel_size": positive_int_or_ints,
        "strides": level_strides,
        "activation": activation_template,
        "output_activation": activation_template,
        "bottleneck": optional(layer),
        "corruption": optional(layer),
        "normalizer": optional(normalizer_rule),
    }

    def __init__(
        self,
        latent_dim: int | None = None,
        *,
        hyperparameters: Mapping[str, Any] | None = None,
        rank: int = 2,
        filters: Sequence[int] = (16, 32),
        kernel_size: int | Sequence[int] = 3,
        strides: Strides = 2,
        activation: Any = "relu",
        output_activation: Any = "sigmoid",
        bottleneck: keras.layers.Layer | None = None,
        corruption: keras.layers.Layer | None = None,
        normalizer: keras.layers.Normalization | None = None,
        **kwargs: Any,
    ) -> None:
        if "bottleneck" not in self.rules and bottleneck is not None:
            raise ValueError(
                f"bottleneck must be omitted: {type(self).__name__} creates its own. Pass it to BasicCAE, ResidualCAE "
                "or another architecture."
            )
        Trainer.__init__(self, **kwargs)
        shared = {
            "rank": rank,
            "filters": filters,
            "kernel_size": kernel_size,
            "strides": strides,
            "activation": activation,
            "output_activation": output_activation,
        }
        self.keep(**{**shared, **(hyperparameters or {})})
        # The bottleneck may determine the size of the code.
        bottleneck = optional(layer)(bottleneck, "bottleneck")
        latent_dim = self._resolve_latent_dim(latent_dim, bottleneck)
        rule = self.rules.get("latent_dim", optional(positive_int))
        self.latent_dim = rule(latent_dim, "latent_dim")
        self._set_up(bottleneck, corruption, normalizer)
        self._describe_networks()  # Raises an error for arguments that don't match the rank or the number of levels.
        if "bottleneck" not in self.rules:
            self.bottleneck = self.make_bottleneck()
            self._default_bottleneck = False
            for name in self.bottleneck.weights_of_penalties:
                # From here on, the attribute belongs to the bottleneck.
                self.__dict__.pop(name, None)

    @abc.abstractmethod
    def pyramid(self, **shared: Any) -> Pyramid:
        """Return the description of the networks.

        Args:
            **shared: the arguments that all descriptions have in common.
        """

    def make_bottleneck(self) -> keras.layers.Layer:
        """Return the bottleneck of a recipe, created from the model's arguments."""
        raise NotImplementedError

    def _resolve_latent_dim(self, latent_dim: Any, bottleneck: Any) -> Any:
        size = bottleneck.latent_dim if isinstance(bottleneck, Bottleneck) else None
        if latent_dim is None or size is None:
            return size if latent_dim is None else latent_dim
        if optional(positive_int)(latent_dim, "latent_dim") != size:
            raise ValueError(
                f"latent_dim must be the latent_dim of the bottleneck, {size}, or omitted, got {latent_dim!r}."
            )
        return size

    def _describe_networks(self) -> Pyramid:
        return self.pyramid(
            rank=self.rank,
            filters=self.filters,
            kernel_size=self.kernel_size,
            strides=self.strides,
            activation=self.activation,
            output_activation=self._effective_output_activation(),
            dtype=self.dtype_policy,
        )

    def _effective_output_activation(self) -> Any:
        """Return the output activation. With a normalizer, "linear" replaces the default "sigmoid"."""
        default = self.output_activation is keras.activations.sigmoid
        return keras.activations.linear if default and self.normalizer is not None else self.output_activation

    @property
    def downsampling(self) -> tuple[int, ...]:
        """The factor by which the encoder reduces images along each axis."""
        return self._describe_networks().downsampling

    def _make_graphs(self, shape: Any, bottleneck: Any) -> Graphs:
        pyramid = self._describe_networks()
        self._check_size(shape[1:-1], pyramid)
        if isinstance(bottleneck, Bottleneck):
            values = None if None in shape[1:] else math.prod(shape[1:])
            bottleneck.prepare(self.latent_dim, values)
        return graphs_of_pyramid(pyramid, bottleneck, shape[1:], self.latent_dim, self.normalizer)

    def _shape_to_build(self, shape: Any) -> Any:
        image_shape = check_image_batch(shape, rank=self.rank)
        if self.latent_dim is None:
            return (None, *[None] * (len(image_shape) - 1), image_shape[-1])
        if None in image_shape:
            noun = KINDS[self.rank].noun
            raise ValueError(
                f"The size of the {noun} must be known, because latent_dim={self.latent_dim} is not None, got {noun} "
                f"of shape {image_shape}. Set the shape of the dataset's elements, with tf.ensure_shape or by resizing "
                "them, or use latent_dim=None."
            )
        return (None, *image_shape)

    def _check_size(self, size: Any, pyramid: Pyramid) -> None:
        smallest = pyramid.smallest_size
        if not any(side is not None and side < least for side, least in zip(size, smallest, strict=True)):
            return
        kind, factors = KINDS[self.rank], pyramid.downsampling
        alike = len(set(smallest)) == 1
        raise ValueError(
            f"{kind.noun.capitalize()} of {size_in_words(size)} {kind.points} are too small for "
            f"{type(self).__name__} with filters={self.filters}: each side must have at least "
            f"{smallest[0] if alike else size_in_words(smallest)} {kind.points}, because the encoder reduces the "
            f"{kind.noun} by a factor of {size_in_words(factors[:1] if alike else factors)} (downsampling={factors}). "
            f"Use fewer levels (entries of filters) or smaller strides, or enlarge the {kind.noun}."
        )

    def _to_floats(self, images: Any) -> Any:
        if self.built and None in self.built_shape[1:]:
            self._check_size(tuple(images.shape[1:-1]), self._describe_networks())
        return super()._to_floats(images)

    def _last_activation(self) -> Any:
        return activation(self._effective_output_activation(), "output_activation")

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def _own_config(self) -> dict[str, Any]:
        skipped = ("bottleneck", "corruption", "normalizer")
        return {name: plain(getattr(self, name)) for name in self.rules if name not in skipped}

    # Models whose decoder sees features of the encoder

    @property
    def decodes_codes_alone(self) -> bool:
        pyramid = self._describe_networks()
        return not pyramid.skip_levels and not pyramid.skips_images

    def encode(self, images: Any, batch_size: int = DEFAULT_BATCH_SIZE, return_features: bool = False) -> Any:
        """Return the codes of images, as `CAE.encode` does.

        Args:
            images: an array, a dataset, a generator or a tensor.
            batch_size: number of images of an array that are encoded at once.
            return_features: whether to also return the feature maps, which `decode` needs in models with skip
                connections.

        Returns:
            The codes; with `return_features=True` the codes and a list of feature maps.
        """
        if not return_features:
            return super().encode(images, batch_size)
        codes, *features = self._inference("_encode_with_features")(images, batch_size)
        return codes, features

    def _encode_with_features(self, images: Any) -> Any:
        self._ensure_built(images)
        features, *skips = self._graphs.features(self._to_floats(images), False)
        return [self._codes_of(features), *skips]

    def decode(  # type: ignore[override]  # decoders with skip connections need features
        self, codes: Any, features: Any = None, batch_size: int = DEFAULT_BATCH_SIZE
    ) -> Any:
        """Return the images that the decoder reconstructs from codes. The result is deterministic.

        Args:
            codes: an array, a `tf.data.Dataset` or a tensor.
            features: for models with skip connections, the feature maps that `encode(images, return_features=True)`
                returned with the codes.
            batch_size: number of codes of an array that are decoded at once.

        Raises:
            ValueError: the features are missing, or codes have another size.
        """
        if self.decodes_codes_alone:
            return super().decode(codes, batch_size)
        if features is None:
            raise ValueError(
                f"{type(self).__name__} can't decode codes alone, because its decoder needs the encoder's feature "
                "maps. Call codes, features = model.encode(images, return_features=True), then "
                "model.decode(codes, features), or use a model without skip connections."
            )
        return self._inference("_decode")((codes, *features), batch_size)

    def _decode(self, codes: Any) -> Any:
        codes, *skips = codes if isinstance(codes, tuple | list) else (codes,)
        return self._graphs.images([self._latents(codes), *skips], False)
