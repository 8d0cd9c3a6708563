"""What the hypermodels of the library's own architectures share: how deep, how wide."""

from typing import Any, ClassVar

import keras_tuner

from keras_cae.hypermodels.hyper_autoencoder import HyperAutoencoder
from keras_cae.hypermodels.search_space import Choices, Fixed, Range, Space
from keras_cae.models import CAE
from keras_cae.validation import positive_ints

PYRAMID_SPACE: dict[str, Space] = {
    "depth": Range(2, 4, default=2),
    "width": Choices((16, 8, 32, 64)),
    "kernel_size": Choices((3, 5)),
    "activation": Choices(("relu", "silu", "gelu", "leaky_relu")),
    "output_activation": Fixed("sigmoid"),
}


class HyperPyramid(HyperAutoencoder):
    """What the hypermodels of networks share whose levels each have twice the channels of the one before.

    Hyperparameters, named after the model (`BasicCAE/depth`): `depth`, the number of levels, which small
    images limit; `width`, the channels of the first; `kernel_size`; `activation`; `output_activation`, a
    sigmoid. `filters=(16, 32)` fixes depth and width. The shared ones and all arguments are those of
    `HyperAutoencoder`.

    Example:

    >>> hypermodel = keras_cae.hypermodels.HyperBasicCAE((28, 28, 1), depth=(2, 3), width=[8, 16])
    >>> hypermodel.build(keras_tuner.HyperParameters()).filters
    (8, 16)
    """

    own_space = PYRAMID_SPACE
    unhalved_levels: ClassVar[int] = 1
    """How many levels keep the size of the one before; the others halve it."""

    def narrowed(self, given: dict[str, Any]) -> dict[str, tuple[str, Space]]:
        given = dict(given)
        filters = given.pop("filters", None)
        space = super().narrowed(given)
        self.filters = None if filters is None else positive_ints(filters, "filters")
        name, depth = space["depth"]
        if isinstance(depth, Range) and self.input_shape is not None:
            halvings = min(self.input_shape[:2]).bit_length() - 1
            space["depth"] = (name, depth.up_to(halvings + self.unhalved_levels))
        return space

    def architecture(self, hp: keras_tuner.HyperParameters) -> tuple[type[CAE], dict[str, Any]]:
        drawn = [key for key in self.own_space if self.filters is None or key not in ("depth", "width")]
        arguments = {key: self.draw(hp, key) for key in drawn}
        filters = self.filters
        if filters is None:
            width, depth = arguments.pop("width"), arguments.pop("depth")
            filters = tuple(width * 2**level for level in range(depth))
        return self.model_class, {**arguments, "filters": filters}
