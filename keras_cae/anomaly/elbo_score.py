"""The evidence lower bound as a score."""

import math
from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.anomaly.score import Score
from keras_cae.anomaly.seen import Seen
from keras_cae.layers.gaussian_prior import divergence_from_prior
from keras_cae.models.likelihood import likelihood_of
from keras_cae.validation import choice, optional


@keras.saving.register_keras_serializable(package="keras_cae")
class ELBOScore(Score):
    """The negative evidence lower bound of an image in nats, for variational models; by name "elbo".

        score = − log p(image | mean code) + KL(code's distribution ‖ prior)

    The first term uses the mean code instead of a sample, so that scores are deterministic. The map contains the first
    term of each pixel. For the score, it is pooled and multiplied by the number of pixels.

    Args:
        likelihood: "bernoulli", which corresponds to the binary cross-entropy, or "gaussian" with variance 1/2, which
            corresponds to the squared error. By default, the loss of the compiled model determines it.
        **kwargs: arguments of `keras.layers.Layer`.

    Raises:
        ValueError: the autoencoder has no distribution of codes, or its loss does not determine the likelihood.

    Example:

    >>> keras_cae.anomaly.ELBOScore(likelihood="bernoulli").likelihood
    'bernoulli'
    """

    likelihood: str | None
    rules: ClassVar = {"likelihood": optional(choice("bernoulli", "gaussian"))}

    def __init__(self, *, likelihood: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep(likelihood=likelihood)

    def check(self, autoencoder: Any) -> None:
        if not autoencoder.has_posterior:
            raise ValueError(
                f"The score 'elbo' needs a distribution of codes for each image, which {type(autoencoder).__name__} "
                "does not have. Use VariationalCAE, or bottleneck=GaussianBottleneck(...), or another score."
            )
        # Stored, because a model may be loaded without its loss.
        if self.likelihood is None:
            self.likelihood = likelihood_of(autoencoder, None)

    def error_map(self, seen: Seen) -> Any:
        if self.likelihood == "bernoulli":
            per_value = ops.binary_crossentropy(seen.images, seen.reconstructions)
        else:
            per_value = ops.square(seen.images - seen.reconstructions) + math.log(math.pi) / 2
        return ops.sum(per_value, axis=-1)

    def image_scores(self, seen: Seen, error_map: Any) -> Any:
        divergence = ops.sum(divergence_from_prior(*seen.posterior), axis=-1)
        pixels = ops.cast(ops.prod(ops.convert_to_tensor(ops.shape(error_map)[1:])), "float32")
        return pixels * seen.pool(error_map) + divergence
