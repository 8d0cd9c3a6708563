"""The total variation of reconstructions."""

from typing import Any

import keras
from keras import ops

from keras_cae.losses.image_loss import ImageLoss


@keras.saving.register_keras_serializable(package="keras_cae")
class TotalVariation(ImageLoss):
    """How rough reconstructions are: the differences between neighbouring pixels. The target has no part.

        (Σ abs(right neighbour − pixel) + Σ abs(lower neighbour − pixel)) / number of values

    of images from 0 to 1 (Rudin et al. 1992, "Nonlinear Total Variation Based Noise Removal Algorithms",
    in its anisotropic form). Beside a loss of pixels, in `losses.Weighted`, it smooths noise away and leaves
    edges.

    Args:
        max_value: the largest value that images can have, the smallest being 0, by which they are divided.
        name: name of the loss.
        **kwargs: of `keras.losses.Loss`.

    Input shape: `(n, height, width, channels)`, twice. Weights have the shape `(n,)` or `(n, height, width)`.

    Output shape: a scalar; `(n, height, width)` with `reduction="none"`.

    Raises:
        ValueError: `max_value` is not a finite number above zero, or the images are not two batches of the
            same shape.

    Example:

    >>> smooth = keras_cae.losses.Weighted(["mse", keras_cae.losses.TotalVariation()], [1.0, 0.01])
    >>> checkerboard = np.indices((4, 4)).sum(axis=0)[None, ..., None] % 2
    >>> float(keras_cae.losses.TotalVariation()(checkerboard, 1.0 * checkerboard))
    1.5
    """

    def __init__(self, max_value: float = 1.0, name: str = "total_variation", **kwargs: Any) -> None:
        super().__init__(max_value, name, **kwargs)

    def compare(self, y_true: Any, y_pred: Any) -> Any:
        right = ops.abs(y_pred[:, :, 1:] - y_pred[:, :, :-1])
        below = ops.abs(y_pred[:, 1:] - y_pred[:, :-1])
        # Zeros for the pixels without a neighbour.
        right = ops.pad(right, [(0, 0), (0, 0), (0, 1), (0, 0)])
        below = ops.pad(below, [(0, 0), (0, 1), (0, 0), (0, 0)])
        return ops.mean(right + below, axis=-1)
