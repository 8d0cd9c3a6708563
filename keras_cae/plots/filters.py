"""A figure of the filters of a convolution."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_cae.drawing.pictures import PictureRow, pictures
from keras_cae.drawing.thumbnails import SMALL
from keras_cae.inner_layers import inner_layers
from keras_cae.layers.upsampled_convolution import UpsampledConvolution
from keras_cae.plots.examples import require_model
from keras_cae.plots.grid_figure import draw_rows
from keras_cae.plots.page import Page
from keras_cae.validation import positive_int

PER_ROW = 16
KERNEL_AXES = (3, 4, 5)
"""The numbers of axes of kernels for signals, images and volumes."""


def filters(
    model: Any,
    layer: Any = None,
    *,
    max_filters: int = 64,
    figsize: Any = None,
    dpi: Any = None,
    figure: Any = None,
) -> Any:
    """Show the filters of a convolution, the patterns to which its outputs respond.

    A filter with three input channels is shown in colour, any other one by its mean over the input channels. Middle
    grey is 0, and black and white are the largest absolute value of all filters, so that filters can be compared.
    Filters of signals are shown as curves, and filters of volumes by their middle slices.

    Args:
        model: a model with convolutions, or a part of one, such as `model.decoder`.
        layer: the layer, its name, or the end of its path, such as "level_1/convolution"; by default the first
            convolution, which is applied to the images.
        max_filters: the maximum number of filters to show.
        figsize: width and height of the figure in inches; by default as large as the content requires.
        dpi: pixels per inch.
        figure: a `matplotlib.figure.Figure` or `SubFigure` to draw into.

    Returns:
        The `matplotlib.figure.Figure`.

    Raises:
        ImportError: matplotlib is not installed.
        TypeError: `model` is not a Keras model.
        ValueError: the model has not been built or has no convolution, or `layer` is not one of its convolutions.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> model.build(images.shape)
    >>> figure = keras_cae.plots.filters(model)
    """
    require_model(model)
    page = Page(figsize, dpi, figure)
    chosen = _chosen(model, layer)
    kernels = filters_of(chosen)[: positive_int(max_filters, "max_filters")]
    of_signals = kernels.ndim == 3
    if not of_signals and kernels.shape[-1] != 3:
        kernels = kernels.mean(axis=-1, keepdims=True)
    largest = max(float(np.abs(kernels).max()), 1e-30)
    if not of_signals:
        kernels = kernels / (2 * largest) + 0.5
    tiles = pictures(kernels, SMALL)
    per_row = min(PER_ROW // 4 if of_signals else PER_ROW, len(tiles))
    starts = range(0, len(tiles), per_row)
    rows = [PictureRow({f"from {start}": "black"}, tiles[start : start + per_row]) for start in starts]
    scale = "" if of_signals else f", from {-largest:.2g} (black) to {largest:.2g} (white)"
    name = "/".join(_path(chosen).split("/")[1:][-2:]) or chosen.name
    return draw_rows(page, rows, f"Filters of {name}{scale}")


def filters_of(layer: Any) -> np.ndarray:
    """Return the filters of a convolution, float32 `(filters, *spatial, input channels)`."""
    if isinstance(layer, keras.layers.DepthwiseConv1D | keras.layers.DepthwiseConv2D):
        kernel = _array(layer.kernel)
        return np.moveaxis(kernel.reshape(*kernel.shape[:-2], -1), -1, 0)[..., None]
    kernel = _array(layer.kernel)
    if _is_transposed(layer):
        kernel = kernel.swapaxes(-1, -2)
    return np.moveaxis(kernel, -1, 0)


def _array(kernel: Any) -> np.ndarray:
    return ops.convert_to_numpy(ops.cast(kernel, "float32"))


def _is_transposed(layer: Any) -> bool:
    kinds = (
        keras.layers.Conv1DTranspose,
        keras.layers.Conv2DTranspose,
        keras.layers.Conv3DTranspose,
        UpsampledConvolution,
    )
    return isinstance(layer, kinds)


def _convolutions(model: Any) -> list[Any]:
    found = []
    for layer in _in_order(model):
        kernel = getattr(layer, "kernel", None) if getattr(layer, "built", False) else None
        if len(getattr(kernel, "shape", ())) in KERNEL_AXES and "Conv" in type(layer).__name__:
            found.append(layer)
    return found


def _in_order(model: Any) -> Iterator[Any]:
    """Yield all layers inside a model, in the order in which images pass through them."""
    for layer in model.layers:
        yield layer
        yield from _in_order(layer) if isinstance(layer, keras.Model) else reversed(inner_layers(layer))


def _path(layer: Any) -> str:
    return layer.path or layer.name


def _chosen(model: Any, layer: Any) -> Any:
    found = _convolutions(model)
    if not found:
        reason = "has no convolutions." if getattr(model, "built", False) else "is not built. Call it on images first."
        raise ValueError(f"filters can't show {type(model).__name__}, because it {reason}")
    if layer is None:
        return found[0]
    for candidate in found:
        if candidate is layer or f"/{_path(candidate)}".endswith(f"/{layer}"):
            return candidate
    names = ", ".join(dict.fromkeys(repr(_path(candidate)) for candidate in found))
    raise ValueError(f"layer must be a convolution of the model or its name, one of {names}, got {layer!r}.")
