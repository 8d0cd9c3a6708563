"""The base class of bottlenecks whose codes are kept close to the standard normal distribution."""

from typing import Any

import numpy as np
from keras import ops

from keras_cae.layers.bottleneck import Bottleneck


class GaussianPrior(Bottleneck):
    """A bottleneck whose prior is the standard normal distribution, from which codes can be sampled."""

    has_prior = True

    def draw_codes(self, shape: tuple[int, ...], seed: int | None = None) -> np.ndarray:
        """Return random codes of the prior.

        Args:
            shape: shape of the codes, `(n, ...)`.
            seed: seed of the codes. The same seed gives the same codes; a larger `n` appends further codes.
        """
        return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def divergence_from_prior(mean: Any, log_variance: Any) -> Any:
    """Return the Kullback–Leibler divergence of normal distributions from the prior in each dimension, in nats."""
    return (ops.square(mean) + ops.exp(log_variance) - 1.0 - log_variance) / 2.0


def check_prior(layer: Any) -> Any:
    """Return the layer if it has a prior.

    Raises:
        ValueError: the layer has no prior.
    """
    if isinstance(layer, Bottleneck) and layer.has_prior:
        return layer
    raise ValueError(
        f"The bottleneck {type(layer).__name__} has no prior to draw codes from. Use a model or a bottleneck with a "
        "prior (VariationalCAE, WassersteinCAE, AdversarialCAE; GaussianBottleneck, MMDBottleneck, "
        "AdversarialBottleneck), or fit a sampler to codes: keras_cae.samplers.GaussianMixtureSampler."
    )
