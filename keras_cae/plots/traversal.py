"""A figure of the effect of single latent dimensions on an image."""

from typing import Any

import numpy as np

from keras_cae.drawing.codes import has_prior, most_active, vector_incompatibility
from keras_cae.drawing.latent_traversal import checked_dims, traversal_codes, traversal_grid
from keras_cae.plots.examples import Shown, first_examples, name_of, one_example, require_codes
from keras_cae.plots.grid_figure import draw_grid
from keras_cae.plots.page import Page
from keras_cae.validation import positive_float, positive_int

MAX_IMAGES = 1024
AT_ONCE = 64
"""The number of dimensions to try at a time."""


def traversal(
    model: Any,
    image: Any,
    *,
    images: Any = None,
    dims: Any = 8,
    span: float = 3.0,
    steps: int = 7,
    figsize: Any = None,
    dpi: Any = None,
    figure: Any = None,
) -> Any:
    """Show how an image changes with each latent dimension.

    The unit of the changes is that of the prior. For models without a prior, it is the standard deviation of each
    dimension over the codes of `images` or, without these, the root mean square of the image's own code.

    Args:
        model: a model whose codes are vectors.
        image: the image whose code is changed, `(height, width, channels)` or as a batch of one; or a signal or a
            volume.
        images: further images `(n, height, width, channels)`, of which the first 1024 are encoded.
        dims: the number of dimensions to show, those that vary most among `images` or, without these, that change the
            image most; or the indices of the dimensions to show.
        span: the largest change in each direction, in units.
        steps: the number of images in a row.
        figsize: width and height of the figure in inches; by default as large as the content requires.
        dpi: pixels per inch.
        figure: a `matplotlib.figure.Figure` or `SubFigure` to draw into.

    Returns:
        The `matplotlib.figure.Figure`.

    Raises:
        ImportError: matplotlib is not installed.
        TypeError: `model` is not a Keras model with codes.
        ValueError: the codes of the model are not vectors, its decoder needs further inputs, or an argument is invalid.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> figure = keras_cae.plots.traversal(model, images[0], images=images, dims=2, steps=5)
    """
    require_codes(model, "traversal")
    page = Page(figsize, dpi, figure)
    dims, span, steps = checked_dims(dims), positive_float(span, "span"), positive_int(steps, "steps")
    example = one_example(model, image, "image")
    code = np.asarray(model.encode(example))
    reason = vector_incompatibility(code, "keras_cae.plots.codebook")
    if reason:
        raise ValueError(f"traversal can't show {name_of(model)}: {reason}")
    code = code[0].astype("float32")
    if isinstance(dims, tuple) and max(dims) >= len(code):
        raise ValueError(f"dims must be below the latent_dim of the model, {len(code)}, got {dims}.")
    images = None if images is None else first_examples(model, images, MAX_IMAGES, "images")
    others = None if images is None else np.asarray(model.encode(images), "float32")
    units, unit = _units(model, code, others)
    shown = Shown(example if images is None else images)

    def decode(codes: np.ndarray) -> np.ndarray:
        return shown(model.decode(codes))

    if isinstance(dims, tuple):
        chosen = np.array(dims)
    else:
        chosen = _most_visible(decode, code, dims, span * units) if others is None else most_active(others, dims)
    grid = traversal_grid(decode, code, chosen, np.linspace(-span, span, steps, dtype="float32"), units)
    return draw_grid(page, grid, f"Latent dimensions of {name_of(model)}{shown.note}", label=f"change, in {unit}")


def _units(model: Any, code: np.ndarray, others: np.ndarray | None) -> tuple[np.ndarray, str]:
    """Return the unit of each dimension, and the name of the unit."""
    if has_prior(model):
        return np.ones_like(code), "standard deviations of the prior"
    if others is not None:
        if len(others) < 2:
            raise ValueError("images must contain at least two images to measure how their codes vary, got one.")
        return others.std(axis=0), "standard deviations of the codes"
    size = float(np.sqrt(np.square(code).mean())) or 1.0
    return np.full_like(code, size), "root mean squares of the code"


def _most_visible(decode: Any, code: np.ndarray, count: int, offsets: np.ndarray) -> np.ndarray:
    """Return the dimensions whose changes in both directions change the image most, in descending order."""
    changes = []
    for start in range(0, len(code), AT_ONCE):
        dims = np.arange(start, min(start + AT_ONCE, len(code)))
        decoded = decode(traversal_codes(code, dims, np.array([-1.0, 1.0], "float32"), offsets))
        pairs = decoded.reshape(len(dims), 2, -1)
        changes.append(np.square(pairs[:, 1] - pairs[:, 0]).mean(axis=1))
    return np.argsort(-np.concatenate(changes), kind="stable")[:count]
