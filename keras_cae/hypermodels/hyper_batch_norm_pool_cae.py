"""The hypermodel of `BatchNormPoolCAE`."""

from keras_cae.hypermodels.hyper_pyramid import PYRAMID_SPACE, HyperPyramid
from keras_cae.hypermodels.search_space import Fixed
from keras_cae.models import BatchNormPoolCAE


class HyperBatchNormPoolCAE(HyperPyramid):
    """Searches for the best `keras_cae.models.BatchNormPoolCAE`.

    The arguments and hyperparameters are those of `HyperPyramid`, and:

    - `momentum`: 0.9. The momentum of the moving averages of batch normalization, small enough for short trials.

    Example:

    >>> hypermodel = keras_cae.hypermodels.HyperBatchNormPoolCAE((8, 8, 1))
    >>> hypermodel.build(keras_tuner.HyperParameters()).filters
    (16, 32)
    """

    model_class = BatchNormPoolCAE
    own_space = PYRAMID_SPACE | {"momentum": Fixed(0.9)}
    full_resolution_levels = 0
