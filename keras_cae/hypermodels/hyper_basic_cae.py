"""The hypermodel of `BasicCAE`."""

from keras_cae.hypermodels.hyper_pyramid import HyperPyramid
from keras_cae.models import BasicCAE


class HyperBasicCAE(HyperPyramid):
    """Searches for the best `keras_cae.models.BasicCAE`.

    The arguments and hyperparameters are those of `HyperPyramid`.

    Example:

    >>> hypermodel = keras_cae.hypermodels.HyperBasicCAE((28, 28, 1), latent_dim=16, depth=(2, 3))
    >>> model = hypermodel.build(keras_tuner.HyperParameters())
    >>> model.latent_dim, model.filters
    (16, (16, 32))
    """

    model_class = BasicCAE
