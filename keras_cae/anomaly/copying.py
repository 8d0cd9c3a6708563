"""Whether an autoencoder can copy what it is to find."""

from typing import Any

import numpy as np

from keras_cae.layers.bottleneck import Bottleneck


def reason_to_copy(autoencoder: Any) -> str | None:
    """Why an autoencoder, which is built, may have learned to copy its input; None if nothing tells so.

    Args:
        autoencoder: the `CAE`.
    """
    if autoencoder.corruptions:
        return None
    if not autoencoder.decodes_codes_alone:
        return "its decoder sees features of the encoder beside the code"
    code, image = autoencoder.code_shape, autoencoder.built_shape[1:]
    if None in code or None in image or isinstance(autoencoder.bottleneck, Bottleneck):
        return None
    numbers, values = int(np.prod(code)), int(np.prod(image))
    return f"its codes have {numbers} numbers for the {values} values of an image" if numbers >= values else None
