"""Distributions that are fitted to codes and sampled for new codes, for models without a prior."""

from keras_cae.samplers.gaussian_mixture_sampler import GaussianMixtureSampler
from keras_cae.samplers.normal_sampler import NormalSampler

__all__ = ["GaussianMixtureSampler", "NormalSampler"]
