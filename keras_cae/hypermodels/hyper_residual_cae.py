"""The hypermodel of `ResidualCAE`."""

from keras_cae.hypermodels.hyper_pyramid import PYRAMID_SPACE, HyperPyramid
from keras_cae.hypermodels.search_space import Choices, Fixed, Range, Space
from keras_cae.models import ResidualCAE

RESIDUAL_SPACE: dict[str, Space] = PYRAMID_SPACE | {
    "depth": Range(2, 3, default=2),
    "width": Choices((32, 16, 64), log=True),
    "blocks_per_level": Range(1, 2, default=1),
    "kernel_size": Fixed(3),
    "activation": Choices(("silu", "relu", "gelu")),
}


class HyperResidualCAE(HyperPyramid):
    """Searches for the best `keras_cae.models.ResidualCAE`.

    The arguments and hyperparameters are those of `HyperPyramid`, except:

    - `depth`: 2 to 3.
    - `width`: 32, 16 or 64.
    - `blocks_per_level`: 1 to 2.
    - `kernel_size`: 3.
    - `activation`: silu, relu or gelu.
    - `upsampling`: nearest or transposed.

    Example:

    >>> hypermodel = keras_cae.hypermodels.HyperResidualCAE((28, 28, 1), width=16)
    >>> hypermodel.build(keras_tuner.HyperParameters()).filters
    (16, 32)
    """

    model_class = ResidualCAE
    own_space = RESIDUAL_SPACE | {"upsampling": Choices(("nearest", "transposed"))}
    full_resolution_levels = 0
