"""Tiled inference: any model is applied to a large image tile by tile, with the result of the whole image."""

from keras_cae.tiling.encode_tiled import encode_tiled
from keras_cae.tiling.predict_tiled import predict_tiled
from keras_cae.tiling.receptive_field import receptive_field

__all__ = ["encode_tiled", "predict_tiled", "receptive_field"]
