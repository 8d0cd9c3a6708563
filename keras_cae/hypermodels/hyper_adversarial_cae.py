"""The hypermodel of `AdversarialCAE`."""

from keras_cae.hypermodels.hyper_pyramid import PYRAMID_SPACE, HyperPyramid
from keras_cae.hypermodels.search_space import Fixed, Range
from keras_cae.hypermodels.searched_bottleneck import ADVERSARIAL_SPACE
from keras_cae.models import AdversarialCAE


class HyperAdversarialCAE(HyperPyramid):
    """Searches for the best `keras_cae.models.AdversarialCAE`.

    The arguments and hyperparameters are those of `HyperPyramid`, except:

    - `depth`: 2 to 4, 3 first.
    - `adversarial_weight`: 0.001 to 0.03. Smaller weights always give better reconstructions, so fix it, or choose
      among the trials yourself.
    - `discriminator_units`: (128, 128).

    Example:

    >>> hypermodel = keras_cae.hypermodels.HyperAdversarialCAE((28, 28, 1), discriminator_units=(64,))
    >>> hypermodel.build(keras_tuner.HyperParameters()).discriminator_units
    (64,)
    """

    model_class = AdversarialCAE
    own_space = (
        PYRAMID_SPACE | ADVERSARIAL_SPACE | {"depth": Range(2, 4, default=3), "discriminator_units": Fixed((128, 128))}
    )
