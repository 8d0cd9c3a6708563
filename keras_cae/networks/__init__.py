"""The encoder and decoder networks of the library's architectures."""

from keras_cae.networks.network import Network

__all__ = ["Network"]
