"""The hypermodel of `VariationalCAE`."""

from keras_cae.hypermodels.hyper_pyramid import PYRAMID_SPACE, HyperPyramid
from keras_cae.hypermodels.search_space import Range
from keras_cae.hypermodels.searched_bottleneck import GAUSSIAN_SPACE
from keras_cae.models import VariationalCAE


class HyperVariationalCAE(HyperPyramid):
    """Searches for the best `keras_cae.models.VariationalCAE`.

    The arguments and hyperparameters are those of `HyperPyramid`, except:

    - `depth`: 2 to 4, 3 first.
    - `beta`: 0.001 to 0.1, which suits the mean squared error. Smaller values always give better reconstructions, so
      fix it, or choose among the trials yourself.
    - `free_bits`: 0.

    Example:

    >>> hypermodel = keras_cae.hypermodels.HyperVariationalCAE((28, 28, 1), beta=0.01, free_bits=[0.0, 0.1])
    >>> hypermodel.build(keras_tuner.HyperParameters()).beta
    0.01
    """

    model_class = VariationalCAE
    own_space = PYRAMID_SPACE | GAUSSIAN_SPACE | {"depth": Range(2, 4, default=3)}
