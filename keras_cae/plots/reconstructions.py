"""A figure of images and their reconstructions."""

from typing import Any

from keras_cae.drawing.image_grid import ImageGrid
from keras_cae.drawing.reconstructions import reconstruction_grid, reconstruction_rows
from keras_cae.plots.examples import Shown, first_examples, name_of, require_model
from keras_cae.plots.grid_figure import draw_grid
from keras_cae.plots.page import Page
from keras_cae.validation import positive_int


def reconstructions(
    model: Any, images: Any, *, max_images: int = 8, figsize: Any = None, dpi: Any = None, figure: Any = None
) -> Any:
    """Show images, their reconstructions, the error and the PSNR.

    If the model has a corruption, the corrupted input is shown, too, and, if the loss counts only hidden pixels, the
    hidden pixels. For values outside [0, 1], the root mean squared error replaces the PSNR.

    Args:
        model: a Keras model that maps images to images, of this library or any other.
        images: `(n, height, width, channels)`, floats or integers; signals `(n, length, channels)`, which are shown as
            curves; or volumes, of which the middle slices are shown. A `tf.data.Dataset` of batches is accepted too.
        max_images: the maximum number of images to show.
        figsize: width and height of the figure in inches; by default as large as the content requires.
        dpi: pixels per inch.
        figure: a `matplotlib.figure.Figure` or `SubFigure` to draw into.

    Returns:
        The `matplotlib.figure.Figure`.

    Raises:
        ImportError: matplotlib is not installed.
        TypeError: `model` is not a Keras model.
        ValueError: the images are invalid, or the model does not return images.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> keras_cae.plots.reconstructions(model, images).savefig("reconstructions.png")
    """
    require_model(model)
    page = Page(figsize, dpi, figure)
    images = first_examples(model, images, positive_int(max_images, "max_images"))
    rows = reconstruction_rows(model, images)
    shown = Shown(images)
    captions = reconstruction_grid(rows).captions  # in the unit of the data
    of_shown = reconstruction_grid({name: row if name == "hidden" else shown(row) for name, row in rows.items()})
    grid = ImageGrid(of_shown.rows, of_shown.error, captions)
    return draw_grid(page, grid, f"Reconstructions by {name_of(model)}{shown.note}")
