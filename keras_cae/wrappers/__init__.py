"""Autoencoders as estimators of scikit-learn."""

from keras_cae.wrappers.cae_transformer import CAETransformer

__all__ = ["CAETransformer"]
