"""The base of the layers between the encoder and the decoder."""

from typing import Any, ClassVar

import keras

from keras_cae.hyperparameters import Hyperparameters
from keras_cae.training.replicas import valid_in_step
from keras_cae.training.step_context import current_step


class Bottleneck(Hyperparameters, keras.layers.Layer):
    """A layer between an encoder and a decoder that defines what codes are and what a model can do with them.

    Derive from it to write your own. A subclass

    - computes in `call` the input of the decoder from the output of the encoder, with noise if `training` is true, and
      adds its penalties by calling `Penalty` layers;
    - overrides `encode` and `decode` if the codes that users see differ from what `call` returns with `training=False`:
      a `VectorQuantizer` returns vectors, and its codes are their indices;
    - lists the arguments of its constructor in `rules`, which are used to check, store and save them; see the
      bottlenecks of this library for examples.

    Any other Keras layer can be a bottleneck too. It then has no prior and no penalties with metrics, and its output
    with `training=False` is the code.

    Args:
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: the encoder's output, `(n, latent_dim)` or feature maps.

    Output shape: by default that of the input.

    Example:

    >>> class Bounded(keras_cae.layers.Bottleneck):
    ...     def call(self, inputs):
    ...         return keras.ops.tanh(inputs)
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, bottleneck=Bounded())
    >>> codes = model.encode(np.ones((2, 8, 8, 1)))
    >>> bool(np.all(np.abs(codes) <= 1))
    True
    """

    latent_dim: int | None = None
    """Size of the code if the bottleneck determines it; None if it uses the encoder's output unchanged."""
    code_dim: int | None = None
    """The required size of the last axis of the encoder's output; None for any size."""
    projects: ClassVar[bool] = False
    """Whether the bottleneck itself converts feature maps to vectors, so that the encoder needs no dense layer."""
    passes_codes: ClassVar[bool] = False
    """Whether the encoder's outputs are the codes, which the layer returns unchanged and only penalizes."""
    has_prior: ClassVar[bool] = False
    """Whether codes follow the standard normal distribution, so that images can be generated."""
    has_posterior: ClassVar[bool] = False
    """Whether `posterior(features)` returns the mean and the logarithm of the variance of each code."""
    codebook_size: int | None = None
    """The number of discrete codes; None for continuous codes."""
    has_discriminator: ClassVar[bool] = False
    """Whether there is a network `discriminator`, which a separate optimizer trains."""
    weights_of_penalties: ClassVar[tuple[str, ...]] = ()
    """Names of the attributes that are weights of penalties. They are attributes of the model too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def build(self, input_shape: Any) -> None:
        """Create the weights of the layer; by default, there are only those of its penalties."""

    def prepare(self, latent_dim: int | None, values_per_image: int | None) -> None:
        """Set what the constructor left undefined. The model calls it before it builds the layer.

        Args:
            latent_dim: size of the model's code; None if codes are feature maps.
            values_per_image: number of values of an image; None if it differs from image to image.
        """

    def observe(self, encoder: Any, images: Any, training: bool) -> None:
        """Add penalties on the encoder itself. By default, there are none.

        Args:
            encoder: function from images to the input of this layer.
            images: the batch, without corruption.
            training: whether this is a training step.
        """

    def encode(self, features: Any) -> Any:
        """Return the codes of the encoder's output, deterministically and without penalties."""
        if self.passes_codes:
            return features
        return self(features, training=False)

    def decode(self, codes: Any) -> Any:
        """Return the input of the decoder for codes."""
        return codes

    def code_shape(self, shape: Any) -> Any:
        """Return the shape of the codes for a shape of the encoder's output, both with the batch axis."""
        return self.compute_output_shape(shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def report(self, metric: keras.metrics.Metric, values: Any, training: bool | None) -> None:
        """Update a metric of the layer, in the steps of `fit` and `evaluate`, and elsewhere if `training` is true.

        Args:
            metric: the metric.
            values: values for the images of the batch, of shape `(n, ...)`.
            training: the argument of `call`.
        """
        if training or current_step() is not None:
            metric.update_state(valid_in_step(values))
