"""The base of the layers that stand between the encoder and the decoder."""

from typing import Any, ClassVar

import keras

from keras_cae.hyperparameters import Hyperparameters
from keras_cae.training.replicas import valid_in_step
from keras_cae.training.step_context import current_step


class Bottleneck(Hyperparameters, keras.layers.Layer):
    """A layer between an encoder and a decoder that decides what codes are and what a model can do with them.

    Derive from it to write your own. A subclass

    - computes in `call` the input of the decoder from the output of the encoder, with noise if `training` is true, and
      adds its penalties by calling `Penalty` layers;
    - overrides `encode` and `decode` if the codes that users see differ from what `call` returns with `training=False`:
      a `VectorQuantizer` returns vectors, and its codes are their indices;
    - lists the arguments of its constructor in `rules`, by which they are checked, kept and saved: see the bottlenecks
      of this library.

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
    """Size of the code, where the bottleneck decides it; None if it takes the encoder's output as it is."""
    code_dim: int | None = None
    """How many values the last axis of the encoder's output must have; None for any number."""
    projects: ClassVar[bool] = False
    """Whether the bottleneck makes vectors of feature maps itself, so that the encoder has no dense layer."""
    passes_codes: ClassVar[bool] = False
    """Whether the encoder's output are the codes, which the layer passes on and only penalizes."""
    has_prior: ClassVar[bool] = False
    """Whether codes follow the standard normal distribution, so that images can be generated."""
    has_posterior: ClassVar[bool] = False
    """Whether `posterior(features)` returns the mean and the logarithm of the variance of each code."""
    codebook_size: int | None = None
    """How many discrete codes there are; None for continuous codes."""
    has_discriminator: ClassVar[bool] = False
    """Whether there is a network `discriminator`, which an optimizer of its own trains."""
    weights_of_penalties: ClassVar[tuple[str, ...]] = ()
    """Attributes that are weights of penalties, and are attributes of the model too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def build(self, input_shape: Any) -> None:
        """Create the weights of the layer; by default, there are only those of its penalties."""

    def prepare(self, latent_dim: int | None, values_per_image: int | None) -> None:
        """Take from the model what the constructor left open; called before the model builds the layer.

        Args:
            latent_dim: size of the model's code; None if codes are feature maps.
            values_per_image: number of values of an image; None if it differs from image to image.
        """

    def observe(self, encoder: Any, images: Any, training: bool) -> None:
        """Add penalties on the encoder itself; by default none.

        Args:
            encoder: function from images to the input of this layer.
            images: the batch, without corruption.
            training: whether the step is one of training.
        """

    def encode(self, features: Any) -> Any:
        """Return the codes of the encoder's output, deterministically and without penalties."""
        if self.passes_codes:
            return features
        return self(features, training=False)

    def decode(self, codes: Any) -> Any:
        """Return what the decoder takes for codes."""
        return codes

    def code_shape(self, shape: Any) -> Any:
        """Return the shape of the codes for an encoder's output of a shape, both with the batch axis."""
        return self.compute_output_shape(shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def report(self, metric: keras.metrics.Metric, values: Any, training: bool | None) -> None:
        """Update a metric of the layer, in the steps of `fit` and `evaluate` and where `training` is asked for.

        Args:
            metric: the metric.
            values: values for the images of the batch, of shape `(n, ...)`.
            training: as `call` was given it.
        """
        if training or current_step() is not None:
            metric.update_state(valid_in_step(values))
