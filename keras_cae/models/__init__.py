"""The autoencoders."""

from keras_cae.models.adversarial_cae import AdversarialCAE
from keras_cae.models.basic_cae import BasicCAE
from keras_cae.models.batch_norm_pool_cae import BatchNormPoolCAE
from keras_cae.models.blind_spot_cae import BlindSpotCAE
from keras_cae.models.cae import CAE
from keras_cae.models.denoising_cae import DenoisingCAE
from keras_cae.models.masked_cae import MaskedCAE
from keras_cae.models.pyramid_cae import PyramidCAE
from keras_cae.models.residual_cae import ResidualCAE
from keras_cae.models.skip_connection_cae import SkipConnectionCAE
from keras_cae.models.variational_cae import VariationalCAE
from keras_cae.models.vector_quantized_cae import VectorQuantizedCAE
from keras_cae.models.wasserstein_cae import WassersteinCAE

__all__ = [
    "CAE",
    "AdversarialCAE",
    "BasicCAE",
    "BatchNormPoolCAE",
    "BlindSpotCAE",
    "DenoisingCAE",
    "MaskedCAE",
    "PyramidCAE",
    "ResidualCAE",
    "SkipConnectionCAE",
    "VariationalCAE",
    "VectorQuantizedCAE",
    "WassersteinCAE",
]
