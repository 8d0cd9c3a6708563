"""Callbacks that show in TensorBoard how an autoencoder learns, and that schedule weights."""

from keras_cae.callbacks.anomaly_maps import AnomalyMaps
from keras_cae.callbacks.codebook_summary import CodebookSummary
from keras_cae.callbacks.latent_interpolation import LatentInterpolation
from keras_cae.callbacks.latent_projector import LatentProjector
from keras_cae.callbacks.latent_statistics import LatentStatistics
from keras_cae.callbacks.latent_traversal import LatentTraversal
from keras_cae.callbacks.model_card import ModelCard
from keras_cae.callbacks.prior_samples import PriorSamples
from keras_cae.callbacks.reconstruction_error_histogram import ReconstructionErrorHistogram
from keras_cae.callbacks.reconstruction_logger import ReconstructionLogger
from keras_cae.callbacks.standard_callbacks import standard_callbacks
from keras_cae.callbacks.weight_scheduler import WeightScheduler

__all__ = [
    "AnomalyMaps",
    "CodebookSummary",
    "LatentInterpolation",
    "LatentProjector",
    "LatentStatistics",
    "LatentTraversal",
    "ModelCard",
    "PriorSamples",
    "ReconstructionErrorHistogram",
    "ReconstructionLogger",
    "WeightScheduler",
    "standard_callbacks",
]
