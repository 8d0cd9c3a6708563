"""The search for a `BatchNormPoolCAE`."""

from keras_cae.hypermodels.hyper_pyramid import HyperPyramid
from keras_cae.models import BatchNormPoolCAE


class HyperBatchNormPoolCAE(HyperPyramid):
    """Finds a `keras_cae.models.BatchNormPoolCAE`.

    Arguments and shared hyperparameters are those of `HyperPyramid`.

    Example:

    >>> hypermodel = keras_cae.hypermodels.HyperBatchNormPoolCAE((8, 8, 1))
    >>> hypermodel.build(keras_tuner.HyperParameters()).filters
    (16, 32)
    """

    model_class = BatchNormPoolCAE
    unhalved_levels = 0
