"""A warning if an autoencoder may copy the anomalies that it should find."""

import warnings
from typing import Any

import numpy as np

from keras_cae.layers.bottleneck import Bottleneck


def warn_of_copying(autoencoder: Any) -> None:
    """Warn if a built autoencoder may have learned to copy its input, and name the remedy."""
    reason = reason_to_copy(autoencoder)
    if reason:
        warnings.warn(
            f"{type(autoencoder).__name__} may copy anomalies instead of repairing them: {reason}, and it was trained "
            "without corruption. Train it with corruption=keras_cae.layers.RandomOcclusion() or StainNoise(), or use "
            "a model without skip connections and a smaller latent_dim.",
            stacklevel=4,
        )


def reason_to_copy(autoencoder: Any) -> str | None:
    """Return the reason why an autoencoder may have learned to copy its input, or None."""
    if autoencoder.corruptions:
        return None
    if not autoencoder.decodes_codes_alone:
        return "its decoder sees features of the encoder besides the code"
    code, image = autoencoder.code_shape, autoencoder.built_shape[1:]
    if None in code or None in image or isinstance(autoencoder.bottleneck, Bottleneck):
        return None
    numbers, values = int(np.prod(code)), int(np.prod(image))
    return f"its codes have {numbers} values for the {values} values of an image" if numbers >= values else None
