"""Optimizers for `compile`, beside those of Keras."""

from keras_cae.optimizers.muon import Muon

__all__ = ["Muon"]
