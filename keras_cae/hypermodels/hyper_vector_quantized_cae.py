"""The hypermodel of `VectorQuantizedCAE`."""

from keras_cae.hypermodels.hyper_pyramid import PYRAMID_SPACE, HyperPyramid
from keras_cae.hypermodels.search_space import Choices, Fixed, Range
from keras_cae.hypermodels.shared_space import WITHOUT_LATENT_DIM
from keras_cae.models import VectorQuantizedCAE


class HyperVectorQuantizedCAE(HyperPyramid):
    """Searches for the best `keras_cae.models.VectorQuantizedCAE`.

    The arguments and hyperparameters are those of `HyperPyramid` without `latent_dim`, except:

    - `depth`: 2 to 4, 3 first.
    - `codebook_size`: 128. It is not searched by default, because a larger codebook gives better reconstructions.
    - `code_dim`: 16, 8 or 32.
    - `commitment_weight`: 0.25.
    - `decay`: 0.99.

    Example:

    >>> hypermodel = keras_cae.hypermodels.HyperVectorQuantizedCAE((28, 28, 1), codebook_size=64)
    >>> hypermodel.build(keras_tuner.HyperParameters()).codebook_size
    64
    """

    model_class = VectorQuantizedCAE
    shared_space = WITHOUT_LATENT_DIM
    own_space = PYRAMID_SPACE | {
        "depth": Range(2, 4, default=3),
        "codebook_size": Fixed(128, log=True),
        "code_dim": Choices((16, 8, 32), log=True),
        "commitment_weight": Fixed(0.25),
        "decay": Fixed(0.99),
    }
