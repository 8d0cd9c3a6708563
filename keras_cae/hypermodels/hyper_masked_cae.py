"""The hypermodel of `MaskedCAE`."""

from keras_cae.hypermodels.hyper_pyramid import HyperPyramid
from keras_cae.hypermodels.hyper_residual_cae import RESIDUAL_SPACE
from keras_cae.hypermodels.search_space import Fixed
from keras_cae.models import MaskedCAE


class HyperMaskedCAE(HyperPyramid):
    """Searches for the best `keras_cae.models.MaskedCAE`.

    The arguments and hyperparameters are those of `HyperPyramid`, except:

    - `depth`: 2 to 3.
    - `width`: 32, 16 or 64.
    - `blocks_per_level`: 1 to 2.
    - `kernel_size`: 3.
    - `activation`: silu, relu or gelu.
    - `patch_size`: 4.
    - `ratio`: 0.6. It is not searched, and neither is the patch size, because trials are compared by the completed
      images, which are better if less is hidden.

    Example:

    >>> hypermodel = keras_cae.hypermodels.HyperMaskedCAE((28, 28, 1), patch_size=7)
    >>> hypermodel.build(keras_tuner.HyperParameters()).patch_size
    7
    """

    model_class = MaskedCAE
    own_space = RESIDUAL_SPACE | {"patch_size": Fixed(4), "ratio": Fixed(0.6)}
    full_resolution_levels = 0
