"""Grids of pictures as figures: the pixels of the callbacks, with the texts of matplotlib."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_cae.drawing.colormap import colormap
from keras_cae.drawing.grid_canvas import GAP
from keras_cae.drawing.image_grid import ImageGrid
from keras_cae.drawing.mosaic import mosaic
from keras_cae.drawing.pictures import PictureRow, in_blocks, picture_rows
from keras_cae.plots.page import POINTS, TITLE_POINTS, Page

PER_INCH = 100
"""Pixels of a picture in an inch of a figure of natural size."""
LARGEST_WIDTH = 10.0
"""In inches: columns that do not fit stand below."""
TEXT_PIXELS = POINTS * PER_INCH / 72
LINE = 1.45 * TEXT_PIXELS / PER_INCH
"""The height of a line of text in inches."""
BAR_WIDTH = 0.95


def draw_grid(page: Page, grid: ImageGrid, title: str, **options: Any) -> Any:
    """Draw a grid; the arguments after the grid are those of `draw_rows`. Returns the figure."""
    rows = picture_rows(grid.rows, grid.error, grid.min_side)
    return draw_rows(page, rows, title, grid.captions, **options)


def draw_rows(
    page: Page,
    rows: Sequence[PictureRow],
    title: str,
    captions: Mapping[str, Sequence[str]] | None = None,
    *,
    label: str | None = None,
    bar: Mapping[str, Any] | None = None,
    marked: Sequence[bool] = (),
    extra_height: float = 0.0,
) -> Any:
    """Draw rows of pictures.

    Args:
        page: where to draw.
        rows: from `picture_rows`; if one has a scale, there is a key of its colours.
        title: of the figure.
        captions: one text for each column, by the name that stands below them.
        label: what stands below the columns instead of that name.
        bar: a key of colours: `scale`, the value of the last colour, `label`, and maybe `ticks`.
        marked: which captions are emphasized.
        extra_height: in inches, below the pictures, for the caller.

    Returns:
        The figure, whose first axes hold the pictures, one for each block of columns.
    """
    name, texts = next(iter((captions or {}).items()), (None, ()))
    label = label or name
    columns = max(len(row.pictures) for row in rows)
    widths = [row.pictures.shape[2] for row in rows] + [round(PER_INCH * _inches(text)) + GAP for text in texts]
    column = max(widths) + 2 + GAP
    names = max(_inches(text) for row in rows for text in row.names) + 0.15
    bar = bar or next(({"scale": row.scale, "label": "absolute error"} for row in rows if row.scale), None)
    beside = names + (BAR_WIDTH if bar else 0)
    per_block = min(columns, max(1, int((LARGEST_WIDTH - beside) * PER_INCH // column)))
    blocks = in_blocks(rows, per_block)
    below = LINE * (bool(texts) + bool(label)) + 0.1
    pictured = sum(row.pictures.shape[1] + GAP for row in rows) / PER_INCH
    across = per_block * column / PER_INCH
    # A title or a label that is wider than the pictures needs room too, on both sides of their middle.
    of_label = _inches(label or "") + 0.3
    left = max(names, (of_label - across) / 2)
    width = max(beside + across, left + (across + of_label) / 2, _inches(title) * TITLE_POINTS / POINTS) + 0.15
    height = len(blocks) * (pictured + below) + 2 * LINE + extra_height
    figure = page.open(width, height, title, "compressed")
    heights = [pictured + below] * len(blocks) + [extra_height] * bool(extra_height)
    parts = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    drawn = []
    for number, block in enumerate(blocks):
        axes = figure.add_subplot(parts[number])
        start = number * per_block
        _draw_block(page, axes, block, (per_block, column), texts[start : start + per_block], marked[start:])
        drawn.append(axes)
    if label:
        drawn[-1].set_xlabel(label, fontsize=page.points)
    if bar:
        _add_bar(page, drawn, bar)
    return figure


@functools.lru_cache(maxsize=1024)
def _inches(text: str) -> float:
    """The width of a text in a figure of natural size, at most: on a screen, letters are rounded to whole pixels."""
    from matplotlib.textpath import TextPath

    return 1.15 * float(TextPath((0, 0), text, size=POINTS).get_extents().width) / 72 if text.strip() else 0.0


def _draw_block(
    page: Page,
    axes: Any,
    rows: Sequence[PictureRow],
    size: tuple[int, int],
    texts: Sequence[str],
    marked: Sequence[bool],
) -> None:
    laid_out = mosaic([row.pictures for row in rows], *size)
    show(axes, laid_out.picture)
    ticks = []
    for middle, row in zip(laid_out.rows, rows, strict=True):
        lines = 1.2 * TEXT_PIXELS * (np.arange(len(row.names)) - (len(row.names) - 1) / 2)
        ticks += [(middle + line, *name) for line, name in zip(lines, row.names.items(), strict=True)]
    places, names, colors = zip(*ticks, strict=True)
    axes.set_yticks(places, names, fontsize=page.points)
    for text, color in zip(axes.get_yticklabels(), colors, strict=True):
        text.set_color(color)
    axes.set_xticks(laid_out.columns[: len(texts)], texts, fontsize=page.points)
    for text, emphasized in zip(axes.get_xticklabels(), marked, strict=False):
        if emphasized:
            text.set(color="#c00000", fontweight="bold")


def show(axes: Any, picture: np.ndarray) -> None:
    """Show a picture in axes without lines, at the sides of its own."""
    axes.imshow(picture)
    # In the middle of their place, names at the left would be cut: their room is measured before pictures shrink.
    axes.set_anchor("W")
    axes.tick_params(length=0)
    axes.set_xticks([])
    axes.spines[:].set_visible(False)


def _add_bar(page: Page, axes: Any, bar: Mapping[str, Any]) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    mappable = ScalarMappable(Normalize(0, bar["scale"]), ListedColormap(colormap() / 255))
    ticks = {"ticks": bar["ticks"]} if "ticks" in bar else {}
    page.color_bar(mappable, axes, bar["label"], **ticks)
