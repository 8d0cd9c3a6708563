"""A figure of images decoded from a plane of codes."""

from typing import Any

import numpy as np

from keras_cae.drawing.codes import has_prior
from keras_cae.drawing.mosaic import tiled
from keras_cae.drawing.pictures import pictures
from keras_cae.kinds import kind_of, rank_of
from keras_cae.plots.examples import Shown, name_of, require_codes
from keras_cae.plots.grid_figure import show
from keras_cae.plots.page import Page
from keras_cae.validation import non_negative_int, optional, positive_float, positive_int

STEPS = {1: 5, 2: 12, 3: 6}
"""The number of images in a row, by the number of spatial axes."""
SMALLEST_SIDE = 32
SIZE = 6.5
LARGEST_COUNT_OF_NUMBERS = 12


def latent_grid(
    model: Any,
    *,
    dims: tuple[int, int] = (0, 1),
    steps: int | None = None,
    span: float = 2.5,
    figsize: Any = None,
    dpi: Any = None,
    figure: Any = None,
) -> Any:
    """Show the images that a generative model decodes from a plane through the centre of its latent space.

    Two latent dimensions change, from left to right and from bottom to top; all others are 0, the mean of the prior.

    Args:
        model: a model with a prior whose codes are vectors, such as `VariationalCAE`.
        dims: the latent dimensions that change from left to right and from bottom to top.
        steps: the number of images in a row and in a column; by default as many as remain distinguishable.
        span: the largest distance of a latent dimension from 0, in standard deviations of the prior.
        figsize: width and height of the figure in inches.
        dpi: pixels per inch.
        figure: a `matplotlib.figure.Figure` or `SubFigure` to draw into.

    Returns:
        The `matplotlib.figure.Figure`.

    Raises:
        ImportError: matplotlib is not installed.
        TypeError: `model` is not a Keras model with codes.
        ValueError: the model has no prior, has not been built, or its codes are not vectors; or another argument is
            invalid.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.VariationalCAE(latent_dim=2, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="binary_crossentropy")
    >>> history = model.fit(images, verbose=0)
    >>> figure = keras_cae.plots.latent_grid(model, steps=8)
    """
    page = Page(figsize, dpi, figure)
    size = _latent_dim(model)
    chosen = _checked_dims(dims, size)
    span, steps = positive_float(span, "span"), optional(positive_int)(steps, "steps")
    if steps is None:
        steps = STEPS[getattr(model, "rank", 2)]
    offsets = np.linspace(-span, span, steps, dtype="float32") if steps > 1 else np.zeros(1, "float32")
    codes = np.zeros((steps, steps, size), "float32")
    codes[..., chosen[0]] = offsets
    codes[..., chosen[1]] = offsets[::-1, None]  # the largest value is at the top
    images = np.asarray(model.decode(codes.reshape(-1, size)), "float32")
    shown = Shown(images if getattr(model, "normalizer", None) is not None else images.clip(0, 1))
    if rank_of(images) == 1:
        shown.limits = None
    tiles = pictures(shown(images), SMALLEST_SIDE)
    height, width = tiles.shape[1:3]
    title = f"{kind_of(images).noun.capitalize()} decoded by {name_of(model)}{shown.note}"
    drawn = page.open(SIZE, (SIZE - 0.8) * height / width + 0.9, title, "compressed")
    axes = drawn.add_subplot()
    show(axes, tiled(tiles, steps))
    numbered = np.unique(np.linspace(0, steps - 1, min(steps, LARGEST_COUNT_OF_NUMBERS)).round().astype(int))
    texts = [f"{value:.2g}" for value in offsets[numbered]]
    axes.set_xticks((numbered + 0.5) * width - 0.5, texts)
    axes.set_yticks((steps - numbered - 0.5) * height - 0.5, texts)
    page.label(axes, f"code[{chosen[0]}]", f"code[{chosen[1]}]")
    return drawn


def _latent_dim(model: Any) -> int:
    """Return the length of the codes of a model with a prior."""
    require_codes(model, "latent_grid")
    built = getattr(model, "built", True)
    if built and not has_prior(model):
        raise ValueError(
            f"latent_grid requires a model with a prior, such as a VariationalCAE, because only then codes near 0 are "
            f"those of images, got {name_of(model)}. For other models, use keras_cae.plots.traversal(model, image)."
        )
    shape = tuple(model.code_shape) if built and hasattr(model, "code_shape") else (getattr(model, "latent_dim", None),)
    if not built or shape == (None,):
        raise ValueError(
            f"{name_of(model)} must be built before latent_grid can decode codes. Train it, or call it on images."
        )
    if len(shape) != 1:
        raise ValueError(
            f"latent_grid requires codes that are vectors, but those of {name_of(model)} have the shape {shape}. Pass "
            "a latent_dim to the model."
        )
    return int(shape[0])


def _checked_dims(dims: Any, size: int) -> tuple[int, int]:
    if size < 2:
        raise ValueError("latent_grid requires codes with at least two dimensions, got one.")
    try:
        first, second = (non_negative_int(dim, "dims") for dim in dims)
    except (TypeError, ValueError):
        first = second = size
    if first == second or max(first, second) >= size:
        raise ValueError(f"dims must be two different dimensions of the codes, from 0 to {size - 1}, got {dims!r}.")
    return first, second
