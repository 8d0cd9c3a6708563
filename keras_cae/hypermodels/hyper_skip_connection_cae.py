"""The hypermodel of `SkipConnectionCAE`."""

from keras_cae.hypermodels.hyper_pyramid import PYRAMID_SPACE, HyperPyramid
from keras_cae.hypermodels.search_space import Choices, Range
from keras_cae.models import SkipConnectionCAE


class HyperSkipConnectionCAE(HyperPyramid):
    """Searches for the best `keras_cae.models.SkipConnectionCAE`.

    The arguments and hyperparameters are those of `HyperPyramid`, except:

    - `depth`: 3 to 5.
    - `merge`: add or concatenate.

    Example:

    >>> hypermodel = keras_cae.hypermodels.HyperSkipConnectionCAE((28, 28, 1), merge="concatenate")
    >>> hypermodel.build(keras_tuner.HyperParameters()).filters
    (16, 32, 64)
    """

    model_class = SkipConnectionCAE
    own_space = PYRAMID_SPACE | {
        "depth": Range(3, 5, default=3),
        "merge": Choices(("add", "concatenate")),
    }
