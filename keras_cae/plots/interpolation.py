"""A figure of images decoded from codes between those of two images."""

from typing import Any

import numpy as np

from keras_cae.drawing.codes import has_prior, vector_incompatibility
from keras_cae.drawing.latent_interpolation import interpolation_grid
from keras_cae.kinds import kind_of
from keras_cae.plots.examples import Shown, name_of, one_example, require_codes
from keras_cae.plots.grid_figure import draw_grid
from keras_cae.plots.page import Page
from keras_cae.validation import positive_int


def interpolation(
    model: Any, a: Any, b: Any, *, steps: int = 6, figsize: Any = None, dpi: Any = None, figure: Any = None
) -> Any:
    """Show the images that a model decodes between the codes of two images.

    The two images are at the ends of the rows. In the first row, the codes lie on a straight line. If the model has a
    prior, the codes in a second row lie on an arc around its mean: in many dimensions, most codes have about the same
    distance from it.

    Args:
        model: a model whose codes are vectors.
        a: an image `(height, width, channels)`, or a batch of one; or a signal or a volume.
        b: another image of the same shape.
        steps: the number of decoded images in a row, including those of the images' own codes.
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
    >>> figure = keras_cae.plots.interpolation(model, images[0], images[1])
    """
    require_codes(model, "interpolation")
    page = Page(figsize, dpi, figure)
    steps = positive_int(steps, "steps")
    ends = [one_example(model, image, name) for image, name in ((a, "a"), (b, "b"))]
    if ends[0].shape != ends[1].shape:
        raise ValueError(f"a and b must have the same shape, got {ends[0].shape[1:]} and {ends[1].shape[1:]}.")
    # Encode the images separately, because they may differ in dtype, by which the model scales integers.
    codes = np.concatenate([np.asarray(model.encode(end)) for end in ends])
    reason = vector_incompatibility(codes, "keras_cae.plots.codebook")
    if reason:
        raise ValueError(f"interpolation can't show {name_of(model)}: {reason}")
    shown = Shown(np.concatenate(ends))
    grid = interpolation_grid(
        lambda codes: shown(model.decode(codes)),
        images=np.concatenate([shown(end) for end in ends]),
        codes=codes.astype("float32"),
        pairs=[(0, 1)],
        steps=steps,
        center=np.zeros(codes.shape[1], "float32") if has_prior(model) else None,
    )
    rows = {name.removesuffix(" 1"): row for name, row in grid.rows.items()}
    texts = ["a", *(f"{fraction:.2g}" for fraction in np.linspace(0, 1, steps)), "b"]
    title = f"Between two {kind_of(ends[0]).noun}, by {name_of(model)}{shown.note}"
    label = "fraction of the way from a to b"
    return draw_grid(page, grid._replace(rows=rows, captions={label: texts}), title)
