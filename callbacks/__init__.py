"""Callbacks: what there is to see while an autoencoder learns."""

from keras_cae.callbacks.reconstruction_logger import ReconstructionLogger

__all__ = ["ReconstructionLogger"]
