"""A mixture of normal distributions of codes."""

from typing import Any

import numpy as np

from keras_cae.extras import install_hint
from keras_cae.samplers.code_sampler import CodeSampler, covariance_factor
from keras_cae.validation import positive_int
from keras_cae.validation import seed as seed_rule


class GaussianMixtureSampler(CodeSampler):
    """Samples codes from a mixture of normal distributions that is fitted to given codes.

    With it, a plain autoencoder generates better images than a variational one from its prior (Ghosh et al. 2020, "From
    Variational to Deterministic Autoencoders"). The mixture has full covariances and is fitted by scikit-learn, which
    the extra `samplers` installs. Only `fit` needs it.

    `save` writes a file of plain arrays, without pickle, which `GaussianMixtureSampler.load` reads: `weights`
    `(n_components,)`, `means`, and `factors`, whose products with their transposes are the covariances.

    Args:
        n_components: number of normal distributions.
        seed: seed of the fit, which starts with k-means.

    Input shape: of `fit`: `(n, latent_dim)`, or `(n, height, width, channels)`.

    Output shape: of `sample`: the same.

    Raises:
        ValueError: `n_components` is not a positive integer or, in `fit`, larger than the number of codes.
        ImportError: in `fit`, scikit-learn is not installed.

    Example:

    >>> generator = np.random.default_rng(0)
    >>> codes = np.concatenate([generator.normal(mean, 1.0, (100, 3)) for mean in (-5.0, 5.0)])
    >>> sampler = keras_cae.samplers.GaussianMixtureSampler(n_components=2, seed=0).fit(codes)
    >>> sampler.sample(4, seed=0).shape
    (4, 3)
    """

    states = ("weights", "means", "factors")

    def __init__(self, n_components: int = 10, seed: int | None = None) -> None:
        super().__init__()
        self.n_components = positive_int(n_components, "n_components")
        self.seed = seed_rule(seed, "seed")

    def fit_flat(self, codes: np.ndarray) -> None:
        if self.n_components > len(codes):
            raise ValueError(
                f"n_components must be at most the number of codes, {len(codes)}, got {self.n_components}."
            )
        mixture = _mixture_class()(self.n_components, random_state=self.seed).fit(codes)
        self.weights, self.means = mixture.weights_, mixture.means_
        self.factors = np.stack([covariance_factor(covariance) for covariance in mixture.covariances_])

    def draw_flat(self, n: int, generator: np.random.Generator) -> np.ndarray:
        # Two streams of random numbers, so that a larger n continues both instead of changing the first codes.
        choosing, scattering = generator.spawn(2)
        edges = np.cumsum(self.weights)
        chosen = np.searchsorted(edges[:-1], choosing.random(n) * edges[-1], side="right")
        noise = scattering.standard_normal((n, self.means.shape[1]))
        codes = np.empty_like(noise)
        for component, factor in enumerate(self.factors):
            rows = chosen == component
            codes[rows] = self.means[component] + noise[rows] @ factor.T
        return codes


def _mixture_class() -> Any:
    try:
        from sklearn.mixture import GaussianMixture
    except ImportError as error:
        raise ImportError(
            f"GaussianMixtureSampler needs scikit-learn, which is not installed. {install_hint('samplers')}"
        ) from error
    return GaussianMixture
