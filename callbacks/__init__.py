"""Callbacks: what there is to see while an autoencoder learns."""

from keras_cae.callbacks.reconstruction_logger import ReconstructionLogger
from keras_cae.callbacks.weight_scheduler import WeightScheduler

__all__ = ["ReconstructionLogger", "WeightScheduler"]
