"""The hypermodel of `WassersteinCAE`."""

from keras_cae.hypermodels.hyper_pyramid import PYRAMID_SPACE, HyperPyramid
from keras_cae.hypermodels.search_space import Range
from keras_cae.hypermodels.searched_bottleneck import MMD_SPACE
from keras_cae.models import WassersteinCAE


class HyperWassersteinCAE(HyperPyramid):
    """Searches for the best `keras_cae.models.WassersteinCAE`.

    The arguments and hyperparameters are those of `HyperPyramid`, except:

    - `depth`: 2 to 4, 3 first.
    - `mmd_weight`: 0.1 to 10. Smaller weights always give better reconstructions, so fix it, or choose among the trials
      yourself.
    - `kernel`: imq.

    Example:

    >>> hypermodel = keras_cae.hypermodels.HyperWassersteinCAE((28, 28, 1), mmd_weight=1.0)
    >>> hypermodel.build(keras_tuner.HyperParameters()).mmd_weight
    1.0
    """

    model_class = WassersteinCAE
    own_space = PYRAMID_SPACE | MMD_SPACE | {"depth": Range(2, 4, default=3)}
