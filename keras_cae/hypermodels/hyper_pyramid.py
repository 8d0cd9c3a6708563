"""The base class of the hypermodels of the library's architectures."""

from typing import Any, ClassVar

import keras_tuner

from keras_cae.hypermodels.hyper_autoencoder import HyperAutoencoder
from keras_cae.hypermodels.search_space import Choices, Fixed, Range, Space, extremes
from keras_cae.kinds import KINDS
from keras_cae.models import CAE
from keras_cae.networks.pyramid import level_strides
from keras_cae.ranks import size_in_words
from keras_cae.validation import positive_int, positive_ints

PYRAMID_SPACE: dict[str, Space] = {
    "depth": Range(2, 4, default=2),
    "width": Choices((16, 8, 32, 64), log=True),
    "kernel_size": Choices((3, 5)),
    "activation": Choices(("relu", "silu", "gelu", "leaky_relu")),
    "output_activation": Fixed("sigmoid"),
}


NOT_SEARCHED = ("filters", "strides")
"""Arguments of the models that can be fixed but not searched."""


class HyperPyramid(HyperAutoencoder):
    """Base class of the hypermodels of networks in which each level has twice as many filters as the previous one.

    KerasTuner lists the hyperparameters with the name of the model as a prefix, such as `BasicCAE/depth`. They are:

    - `depth`: 2 to 4. The number of levels, fewer for small images.
    - `width`: 16, 8, 32 or 64. The number of channels of the first level.
    - `kernel_size`: 3 or 5.
    - `activation`: relu, silu, gelu or leaky_relu.
    - `output_activation`: sigmoid.

    `filters=(16, 32)` fixes the depth and the width; `strides` is 2, the default of the models, and is not searched.
    The shared hyperparameters and all other arguments are those of `HyperAutoencoder`.

    Example:

    >>> hypermodel = keras_cae.hypermodels.HyperBasicCAE((28, 28, 1), depth=(2, 3), width=[8, 16])
    >>> hypermodel.build(keras_tuner.HyperParameters()).filters
    (8, 16)
    """

    own_space = PYRAMID_SPACE
    full_resolution_levels: ClassVar[int] = 1
    """The number of levels that keep the resolution of the images; the others halve it."""

    def narrowed(self, given: dict[str, Any]) -> dict[str, tuple[str, Space]]:
        space = super().narrowed({key: value for key, value in given.items() if key not in NOT_SEARCHED})
        self.strides = level_strides(given.get("strides", 2), "strides")
        filters = given.get("filters")
        self.filters = None if filters is None else positive_ints(filters, "filters")
        for key in ("depth", "width"):
            if self.filters is not None and key in given:
                raise ValueError(
                    f"{key} and filters can't be combined, because filters fixes depth and width, got "
                    f"{key}={given[key]!r} and filters={self.filters}. Omit one of them."
                )
            for value in extremes(space[key][1]):
                positive_int(value, key)
        space["depth"] = (space["depth"][0], self._possible_depth(space["depth"][1], "depth" in given))
        return space

    def _possible_depth(self, depth: Space, chosen: bool) -> Space:
        """Return the depths that the size of the images permits."""
        if self.input_shape is None or not isinstance(depth, Range) or not isinstance(self.strides, int):
            return depth
        size = self.input_shape[:-1]
        deepest = self.full_resolution_levels
        while self.strides ** (deepest + 1 - self.full_resolution_levels) <= min(size) and deepest < depth.high:
            deepest += 1
        deepest = max(1, deepest)
        if chosen and depth.low > deepest:
            kind = KINDS[self.rank]
            raise ValueError(
                f"depth must be at most {deepest} for {kind.noun} of {size_in_words(size)} {kind.points}, got {depth}."
            )
        return depth.up_to(deepest)

    def architecture(self, hp: keras_tuner.HyperParameters) -> tuple[type[CAE], dict[str, Any]]:
        drawn = [key for key in self.own_space if self.filters is None or key not in ("depth", "width")]
        arguments = {key: self.draw(hp, key) for key in drawn}
        filters = self.filters
        if filters is None:
            width, depth = arguments.pop("width"), arguments.pop("depth")
            filters = tuple(width * 2**level for level in range(depth))
        return self.model_class, {**arguments, "filters": filters, "strides": self.strides}
