"""A normal distribution of codes."""

import numpy as np

from keras_cae.samplers.code_sampler import CodeSampler, covariance_factor


class NormalSampler(CodeSampler):
    """Samples codes from the normal distribution with the mean and the covariance of given codes.

    With it, a model without a prior generates images: for an autoencoder, they look better than with codes of the
    standard normal distribution, and worse than with `GaussianMixtureSampler`, which models groups of codes (Ghosh et
    al. 2020, "From Variational to Deterministic Autoencoders").

    `save` writes a file of plain arrays, without pickle, which `NormalSampler.load` reads: `mean`, and
    `factor`, whose product with its transpose is the covariance.

    Input shape: of `fit`: `(n, latent_dim)`, or `(n, height, width, channels)`.

    Output shape: of `sample`: the same.

    Example:

    >>> codes = np.random.default_rng(0).normal(5.0, 2.0, (1000, 3))
    >>> sampler = keras_cae.samplers.NormalSampler().fit(codes)
    >>> sampler.sample(4, seed=0).shape
    (4, 3)
    """

    states = ("mean", "factor")

    def fit_flat(self, codes: np.ndarray) -> None:
        self.mean = codes.mean(axis=0)
        self.factor = covariance_factor(np.atleast_2d(np.cov(codes, rowvar=False)))

    def draw_flat(self, n: int, generator: np.random.Generator) -> np.ndarray:
        return self.mean + generator.standard_normal((n, len(self.mean))) @ self.factor.T
