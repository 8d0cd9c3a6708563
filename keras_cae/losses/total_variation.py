"""The total variation of reconstructions."""

from typing import Any

import keras
from keras import ops

from keras_cae.comparison import spatial_axes
from keras_cae.losses.image_loss import ImageLoss


@keras.saving.register_keras_serializable(package="keras_cae")
class TotalVariation(ImageLoss):
    """Total variation: the differences between neighbouring pixels of the reconstructions, independent of the targets.

        (Σ abs(right neighbour − pixel) + Σ abs(lower neighbour − pixel)) / number of values

    of images from 0 to 1, with a sum for each axis (Rudin et al. 1992, "Nonlinear Total Variation Based Noise Removal
    Algorithms", in its anisotropic form). Combined with a pixel loss by `losses.Weighted`, it removes noise and keeps
    edges.

    Args:
        max_value: the largest value that images can have, the smallest being 0. Values are divided by it.
        name: name of the loss.
        **kwargs: arguments of `keras.losses.Loss`.

    Input shape: `(n, height, width, channels)`, twice; also signals, `(n, length, channels)`, and volumes,
    `(n, depth, height, width, channels)`. Weights have the shape `(n,)` or `(n, height, width)`.

    Output shape: a scalar; `(n, height, width)` with `reduction="none"`.

    Raises:
        ValueError: `max_value` is not a finite number above zero, the images are not two batches of the same
            shape, or the weights have another shape.

    Example:

    >>> smooth = keras_cae.losses.Weighted(["mse", keras_cae.losses.TotalVariation()], [1.0, 0.01])
    >>> checkerboard = np.indices((4, 4)).sum(axis=0)[None, ..., None] % 2
    >>> float(keras_cae.losses.TotalVariation()(checkerboard, 1.0 * checkerboard))
    1.5
    """

    def __init__(self, max_value: float = 1.0, name: str = "total_variation", **kwargs: Any) -> None:
        super().__init__(max_value, name, **kwargs)

    def compare(self, y_true: Any, y_pred: Any) -> Any:
        differences = sum(_differences(y_pred, axis) for axis in spatial_axes(y_pred))
        return ops.mean(differences, axis=-1)


def _differences(images: Any, axis: int) -> Any:
    """Return the absolute differences from the next pixel along an axis; 0 for the last pixel."""
    differences = ops.abs(ops.diff(images, axis=axis))
    return ops.pad(differences, [(0, int(each == axis)) for each in range(len(images.shape))])
