"""Search spaces for KerasTuner: a hypermodel for every model, and one that chooses the architecture."""

from keras_cae.hypermodels.hyper_adversarial_cae import HyperAdversarialCAE
from keras_cae.hypermodels.hyper_autoencoder import HyperAutoencoder
from keras_cae.hypermodels.hyper_basic_cae import HyperBasicCAE
from keras_cae.hypermodels.hyper_batch_norm_pool_cae import HyperBatchNormPoolCAE
from keras_cae.hypermodels.hyper_blind_spot_cae import HyperBlindSpotCAE
from keras_cae.hypermodels.hyper_cae import HyperCAE
from keras_cae.hypermodels.hyper_denoising_cae import HyperDenoisingCAE
from keras_cae.hypermodels.hyper_masked_cae import HyperMaskedCAE
from keras_cae.hypermodels.hyper_pyramid import HyperPyramid
from keras_cae.hypermodels.hyper_residual_cae import HyperResidualCAE
from keras_cae.hypermodels.hyper_skip_connection_cae import HyperSkipConnectionCAE
from keras_cae.hypermodels.hyper_variational_cae import HyperVariationalCAE
from keras_cae.hypermodels.hyper_vector_quantized_cae import HyperVectorQuantizedCAE
from keras_cae.hypermodels.hyper_wasserstein_cae import HyperWassersteinCAE
from keras_cae.hypermodels.resumable_searches import make_searches_resumable
from keras_cae.hypermodels.search_space import Choices, Fixed, Range

__all__ = [
    "Choices",
    "Fixed",
    "HyperAdversarialCAE",
    "HyperAutoencoder",
    "HyperBasicCAE",
    "HyperBatchNormPoolCAE",
    "HyperBlindSpotCAE",
    "HyperCAE",
    "HyperDenoisingCAE",
    "HyperMaskedCAE",
    "HyperPyramid",
    "HyperResidualCAE",
    "HyperSkipConnectionCAE",
    "HyperVariationalCAE",
    "HyperVectorQuantizedCAE",
    "HyperWassersteinCAE",
    "Range",
]

make_searches_resumable()
