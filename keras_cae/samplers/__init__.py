"""Codes to decode, for models without a prior: distributions fitted to the codes of images."""

from keras_cae.samplers.gaussian_mixture_sampler import GaussianMixtureSampler
from keras_cae.samplers.normal_sampler import NormalSampler

__all__ = ["GaussianMixtureSampler", "NormalSampler"]
