"""A figure of the codebook indices of images and of the usage of the codebook."""

import inspect
from typing import Any

import numpy as np

from keras_cae.drawing.codebook_map import codebook_tiles
from keras_cae.drawing.codes import codebook_size_of, codebook_usage, index_incompatibility
from keras_cae.drawing.pictures import PictureRow
from keras_cae.kinds import rank_of
from keras_cae.plots.examples import Shown, first_examples, name_of, require_codes
from keras_cae.plots.grid_figure import draw_rows
from keras_cae.plots.page import Page
from keras_cae.training.inference import is_tensor
from keras_cae.validation import positive_int


def codebook(
    model: Any, images: Any, *, max_images: int = 8, figsize: Any = None, dpi: Any = None, figure: Any = None
) -> Any:
    """Show images, their codes with a colour for each index, and how often each vector of the codebook is used.

    The title states the fraction of the vectors that occur in the codes of all images, and the perplexity, the
    effective number of vectors in use.

    Args:
        model: a model whose codes are indices of a codebook, such as `VectorQuantizedCAE`.
        images: `(n, height, width, channels)`, floats or integers; or signals or volumes; or a dataset of batches.
        max_images: the maximum number of images to show. The usage is that of all images.
        figsize: width and height of the figure in inches; by default as large as the content requires.
        dpi: pixels per inch.
        figure: a `matplotlib.figure.Figure` or `SubFigure` to draw into.

    Returns:
        The `matplotlib.figure.Figure`.

    Raises:
        ImportError: matplotlib is not installed.
        TypeError: `model` is not a Keras model with codes.
        ValueError: the model has no codebook, or the images are invalid.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.VectorQuantizedCAE(filters=(4, 8), codebook_size=16, code_dim=2)
    >>> figure = keras_cae.plots.codebook(model, images)
    """
    require_codes(model, "codebook")
    page = Page(figsize, dpi, figure)
    if inspect.isgenerator(images):
        raise ValueError(
            "images must be an array or a dataset, got a generator, which can't be read twice as codebook requires."
        )
    first = first_examples(model, images, positive_int(max_images, "max_images"))
    codes = np.asarray(model.encode(first))
    size = codebook_size_of(model)
    reason = index_incompatibility(codes, rank_of(first))
    if size is None:
        reason = "it has no codebook (no attribute codebook_size)."
    if size is None or reason:
        raise ValueError(f"codebook can't show {name_of(model)}: {reason}")
    shown = Shown(first)
    tiles = codebook_tiles(shown(first), codes, shown(model.decode(codes)))
    every_code = model.encode(np.asarray(images) if is_tensor(images) else images)
    shares, used, perplexity = codebook_usage(np.asarray(every_code), size)
    rows = [PictureRow({name: "black"}, row) for name, row in tiles.items()]
    title = f"{used:.0%} of {size} vectors used, perplexity {perplexity:.1f}"
    return draw_rows(page, rows, f"Codes of {name_of(model)}: {title}", below=lambda axes: _usage(page, axes, shares))


def _usage(page: Page, axes: Any, shares: np.ndarray) -> None:
    """Draw the usage of each vector."""
    axes.bar(np.arange(len(shares)), 100 * shares, width=1.0, color="#0072b2")
    axes.set_xlim(-0.5, len(shares) - 0.5)
    axes.xaxis.get_major_locator().set_params(integer=True)
    page.label(axes, "index of the vector", "% of the codes")
