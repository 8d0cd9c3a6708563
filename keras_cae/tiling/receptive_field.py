"""The receptive field of a model."""

from typing import Any

from keras_cae.kinds import KINDS
from keras_cae.tiling.task import task_of


def receptive_field(model: Any) -> tuple[int, ...]:
    """Return how many pixels along each axis a pixel of the reconstruction depends on.

    It is measured, so that it holds for any network: residual, U-shaped, pooled, or one of yours. With tiles that
    overlap by as much, `predict_tiled` returns what `predict` makes of the whole image. Strided networks treat
    pixels differently by their place relative to the strides: it is the extent that holds for all of them.

    What group normalization measures of the whole image is left out: it is the receptive field of the convolutions.

    Args:
        model: a `CAE` of any kind, which is built, or an `AnomalyDetector` that is calibrated, of whose map it is.

    Returns:
        One number for each spatial axis. Of a model for images of one size it is that size.

    Raises:
        TypeError: the model is none of this library.
        ValueError: the model is not built; or it sees all of any image, by global pooling or attention; or no
            gradient arrives at the images, with which it could be measured.

    Example:

    >>> model = keras_cae.models.DenoisingCAE(filters=(4,), convs_per_level=1)
    >>> model.build((None, None, None, 1))
    >>> keras_cae.tiling.receptive_field(model)
    (5, 5)
    """
    task = task_of(model)
    autoencoder = task.autoencoder
    if not autoencoder.built:
        raise ValueError(
            "The receptive field is that of a model that is built: train it, or call "
            f"build({KINDS[autoencoder.rank].shape_to_build})."
        )
    if task.own_size is not None:
        return task.own_size
    if task.reaches is None and task.problem is not None:
        raise task.problem
    if task.reaches is None:
        raise ValueError(
            f"The network of {type(autoencoder).__name__} has no limited receptive field: each output depends on the "
            "whole image, for instance by global pooling or attention, or on where the image begins."
        )
    return tuple(reach.extent for reach in task.reaches)
