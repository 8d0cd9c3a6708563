"""The trade-off between quality and the size of the code."""

import math
from typing import Any

import keras


class RateDistortion(keras.callbacks.Callback):
    """Adds `val_psnr` minus a penalty for each value of the code to the logs, as `val_rate_distortion`.

    Args:
        rate_weight: the penalty per value, in decibels.
    """

    def __init__(self, rate_weight: float) -> None:
        super().__init__()
        self.rate_weight = rate_weight

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["val_rate_distortion"] = logs["val_psnr"] - self.rate_weight * code_size(self.model)


def code_size(model: Any) -> int:
    """Return the number of values in the code of an image for a built model.

    Raises:
        ValueError: it depends on the size of the image.
    """
    shape = model.encode(keras.KerasTensor(model.built_shape)).shape[1:]
    if None in shape:
        raise ValueError(
            "rate_weight requires codes of a fixed size, but the code size of a model with latent_dim=None depends on "
            f"the image size, got {shape}. Pass a latent_dim."
        )
    return math.prod(shape)
