"""The bottleneck of contractive autoencoders."""

import math
from collections.abc import Iterator
from typing import Any, ClassVar

import keras
import tensorflow as tf
from keras import ops

from keras_cae.layers.bottleneck import Bottleneck
from keras_cae.layers.penalty import Penalty
from keras_cae.layers.penalty_weight import PenaltyWeight
from keras_cae.validation import non_negative_float, positive_int, seed


@keras.saving.register_keras_serializable(package="keras_cae")
class ContractiveBottleneck(Bottleneck):
    """Penalizes how much codes change with the image.

    The codes pass unchanged, and

        weight · mean over images of ‖J‖²,

    the squared Frobenius norm of the Jacobian of the encoder's output with respect to the image, is added to the loss
    (Rifai et al. 2011, "Contractive Auto-Encoders: Explicit Invariance During Feature Extraction"). The Jacobian is
    that of `encode`: at the images without corruption, with the encoder in inference mode. Codes then hardly change,
    except in the directions in which images differ.

    Each row of the Jacobian costs one backward pass through the encoder. For codes of at most `probes` values, the norm
    is exact; for longer ones it is estimated, without bias, as the mean of `‖Jᵀv‖²` over `probes` random vectors `v` of
    ±1 per image (Hutchinson 1989, "A Stochastic Estimator of the Trace of the Influence Matrix for Laplacian Smoothing
    Splines"). Evaluation always uses the same vectors.

    The decoder can compensate for smaller codes with larger weights (Rifai et al. tie its weights to those of the
    encoder), so the main effect is that all codes shrink. To see the benefit, compare how far noise moves codes with
    how far apart they are. The layer works in the models of this library and has no effect in others. Logs:
    `contraction_loss`, the mean of `‖J‖²`.

    Args:
        weight: weight of the penalty. Setting the attribute takes effect in the next step.
        probes: number of gradients of the encoder that are computed for each batch.
        seed: seed of the random vectors in training.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: any, the codes.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> model = keras_cae.models.BasicCAE(
    ...     latent_dim=16, bottleneck=keras_cae.layers.ContractiveBottleneck(weight=0.01)
    ... )
    >>> model.compile(optimizer="adam", loss="mse")
    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> sorted(model.fit(images, verbose=0).history)
    ['contraction_loss', 'loss', 'reconstruction_loss']
    """

    passes_codes = True
    weights_of_penalties = ("weight",)
    weight: Any = PenaltyWeight("contraction")
    rules: ClassVar = {"weight": non_negative_float, "probes": positive_int, "seed": seed}

    def __init__(self, weight: float = 1e-3, *, probes: int = 4, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.contraction = Penalty(name="contraction_loss")
        self.keep(weight=weight, probes=probes, seed=seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def call(self, inputs: Any) -> Any:
        return inputs

    def observe(self, encoder: Any, images: Any, training: bool) -> None:
        self.contraction(self.squared_norms(encoder, images, training), training=training)

    def squared_norms(self, encoder: keras.Model, images: Any, training: bool = False) -> Any:
        """Return the squared Frobenius norm of each image's Jacobian, or an estimate of it, of shape `(n,)`.

        Args:
            encoder: function from images to codes.
            images: batch of images.
            training: whether to draw new random vectors.
        """
        images = ops.convert_to_tensor(images)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(images)
            codes = ops.cast(encoder(images, training=False), "float32")
            units = _size(codes.shape[1:])
            exact = units is not None and units <= self.probes
            vectors = _unit_vectors(codes) if exact else self._random_vectors(codes, training)
            projections = [ops.sum(codes * vector) for vector in vectors]
        gradients = [ops.cast(tape.gradient(part, images), "float32") for part in projections]
        squares = [ops.sum(ops.square(gradient), axis=tuple(range(1, len(gradient.shape)))) for gradient in gradients]
        return sum(squares) / (1 if exact else len(squares))

    def _random_vectors(self, codes: Any, training: bool) -> Iterator[Any]:
        for probe in range(self.probes):
            seed = self.seed_generator if training else probe
            positive = keras.random.uniform(ops.shape(codes), dtype="float32", seed=seed) < 0.5
            yield ops.where(positive, 1.0, -1.0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape


def _size(shape: Any) -> int | None:
    return None if None in tuple(shape) else math.prod(shape)


def _unit_vectors(codes: Any) -> Iterator[Any]:
    shape = tuple(codes.shape[1:])
    units = math.prod(shape)
    for unit in range(units):
        yield ops.reshape(ops.one_hot(unit, units, dtype="float32"), (1, *shape))
