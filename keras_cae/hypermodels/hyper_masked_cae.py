"""The search for a `MaskedCAE`."""

from keras_cae.hypermodels.hyper_pyramid import HyperPyramid
from keras_cae.hypermodels.hyper_residual_cae import RESIDUAL_SPACE
from keras_cae.hypermodels.search_space import Fixed
from keras_cae.models import MaskedCAE


class HyperMaskedCAE(HyperPyramid):
    """Finds a `keras_cae.models.MaskedCAE`.

    Arguments and hyperparameters are those of `HyperPyramid`, but:

    - `depth`: 2 to 3.
    - `width`: 32, 16 or 64.
    - `blocks_per_level`: 1 to 2.
    - `kernel_size`: 3.
    - `activation`: silu, relu or gelu.
    - `patch_size`: 4.
    - `ratio`: 0.6. Trials are compared by the images that the model completes, which is easier the less is
      hidden: neither this nor the size of the patches is searched.

    Example:

    >>> hypermodel = keras_cae.hypermodels.HyperMaskedCAE((28, 28, 1), patch_size=7)
    >>> hypermodel.build(keras_tuner.HyperParameters()).patch_size
    7
    """

    model_class = MaskedCAE
    own_space = RESIDUAL_SPACE | {"patch_size": Fixed(4), "ratio": Fixed(0.6)}
    full_resolution_levels = 0
