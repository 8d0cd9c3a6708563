"""Figures for notebooks, each created by one call. They need matplotlib, which the extra `plots` installs."""

from keras_cae.plots.anomaly_maps import anomaly_maps
from keras_cae.plots.codebook import codebook
from keras_cae.plots.error_histogram import error_histogram
from keras_cae.plots.filters import filters
from keras_cae.plots.history import history
from keras_cae.plots.interpolation import interpolation
from keras_cae.plots.latent_grid import latent_grid
from keras_cae.plots.latent_space import latent_space
from keras_cae.plots.reconstructions import reconstructions
from keras_cae.plots.traversal import traversal

__all__ = [
    "anomaly_maps",
    "codebook",
    "error_histogram",
    "filters",
    "history",
    "interpolation",
    "latent_grid",
    "latent_space",
    "reconstructions",
    "traversal",
]
