"""The receptive field of a model."""

from typing import Any

from keras_cae.kinds import KINDS
from keras_cae.tiling.task import task_of


def receptive_field(model: Any) -> tuple[int, ...]:
    """Return the number of pixels along each axis on which a pixel of the reconstruction depends.

    It is measured, so that it is correct for any network: residual, U-shaped, pooled or custom. With tiles that overlap
    by this number, `predict_tiled` returns what `predict` returns for the whole image. Strided networks treat pixels
    differently depending on their position relative to the strides; the result is the extent that covers all of them.

    The statistics of group normalization, which depend on the whole image, are ignored: the result is the receptive
    field of the convolutions.

    Args:
        model: a built `CAE` of any kind, or a calibrated `AnomalyDetector`, for the receptive field of its map.

    Returns:
        One number for each spatial axis. For a model of images of a fixed size, it is this size.

    Raises:
        TypeError: the model is not of this library.
        ValueError: the model is not built; it depends on the whole image, for example by global pooling or attention;
            or no gradient reaches the images, so that nothing can be measured.

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
            "The model must be built before its receptive field can be measured: train it, or call "
            f"build({KINDS[autoencoder.rank].shape_to_build})."
        )
    if task.fixed_size is not None:
        return task.fixed_size
    if task.reaches is None and task.problem is not None:
        raise task.problem
    if task.reaches is None:
        raise ValueError(
            f"The network of {type(autoencoder).__name__} has no limited receptive field: each output depends on the "
            "whole image, for instance by global pooling or attention, or on its absolute position in the image."
        )
    return tuple(reach.extent for reach in task.reaches)
