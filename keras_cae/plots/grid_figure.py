"""Grids of pictures as figures, with the same pixels as in the callbacks and texts by matplotlib."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_cae.drawing.colormap import colormap
from keras_cae.drawing.grid_canvas import GAP
from keras_cae.drawing.image_grid import ImageGrid
from keras_cae.drawing.mosaic import mosaic
from keras_cae.drawing.pictures import PictureRow, in_blocks, picture_rows
from keras_cae.plots.page import POINTS, TITLE_POINTS, Page, text_inches

PER_INCH = 100
"""The pixels of a picture per inch of a figure at its natural size."""
LARGEST_WIDTH = 10.0
"""In inches. Columns that do not fit are placed below."""
TEXT_PIXELS = POINTS * PER_INCH / 72
LINE_PIXELS = 1.2 * TEXT_PIXELS
"""The distance between two lines of row names."""
LINE = 1.45 * TEXT_PIXELS / PER_INCH
"""The height of a line of text in inches."""
BAR_WIDTH, BELOW_HEIGHT = 0.95, 2.0
"""In inches: the width of a colour bar with its numbers, and the height of the axes below the pictures."""


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
    below: Callable[[Any], None] | None = None,
) -> Any:
    """Draw rows of pictures.

    Args:
        page: the page to draw on.
        rows: the rows, from `picture_rows`. If a row has a scale, a colour bar is added.
        title: title of the figure.
        captions: one text per column, by the label to show below them.
        label: a label that replaces this one.
        bar: a colour bar: `scale`, the value of the last colour, `label`, and optionally `ticks`.
        marked: which captions to emphasize.
        below: function that draws into axes below the pictures.

    Returns:
        The figure. Its first axes contain the pictures, one per block of columns.
    """
    name, texts = next(iter((captions or {}).items()), (None, ()))
    label = label or name
    bar = bar or next(({"scale": row.scale, "label": "absolute error"} for row in rows if row.scale), None)
    cells = _cells(rows, texts)
    names = max(text_inches(text) for row in rows for text in row.names) + 0.15
    beside = names + (BAR_WIDTH if bar else 0)
    columns = max(len(row.pictures) for row in rows)
    per_block = min(columns, max(1, int((LARGEST_WIDTH - beside) * PER_INCH // cells.width)))
    blocks = in_blocks(rows, per_block)
    height = sum(cells.heights) / PER_INCH + LINE * (bool(texts) + bool(label)) + 0.1
    heights = [height] * len(blocks) + [BELOW_HEIGHT] * bool(below)
    width = _natural_width(per_block * cells.width / PER_INCH, names, beside, label or "", title)
    figure = page.open(width, sum(heights) + 2 * LINE, title, "compressed")
    parts = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    drawn = []
    for number, block in enumerate(blocks):
        axes = figure.add_subplot(parts[number])
        start = number * per_block
        laid_out = mosaic([row.pictures for row in block], cells.heights, per_block, cells.width)
        show(axes, laid_out.picture)
        _name_rows(page, axes, block, laid_out.rows)
        _name_columns(page, axes, texts[start : start + per_block], laid_out.columns, marked[start:])
        drawn.append(axes)
    if below:
        below(figure.add_subplot(parts[-1]))
    if label:
        drawn[-1].set_xlabel(label, fontsize=page.points)
    if bar:
        _add_bar(page, drawn, bar)
    return figure


class Cells(NamedTuple):
    """The width of the columns and the heights of the rows, in pixels."""

    width: int
    heights: list[int]


def _cells(rows: Sequence[PictureRow], texts: Sequence[str]) -> Cells:
    """Return cells with enough space for the pictures, the captions and the names of the rows."""
    widths = [row.pictures.shape[2] for row in rows] + [round(PER_INCH * text_inches(text)) for text in texts]
    heights = [max(row.pictures.shape[1], round(LINE_PIXELS * len(row.names))) for row in rows]
    return Cells(max(widths) + GAP + 2, [height + GAP for height in heights])


def _natural_width(across: float, names: float, beside: float, label: str, title: str) -> float:
    """Return a width of the figure in inches at which neither a long title nor a long label is cut off.

    Args:
        across: the width of the pictures, below which the label is centred.
        names: the width to the left of the pictures.
        beside: the total width to the left and to the right of them.
        label: the label below the pictures.
        title: the title above the pictures.
    """
    of_label = text_inches(label) + 0.3
    left = max(names, (of_label - across) / 2)
    return max(beside + across, left + (across + of_label) / 2, text_inches(title) * TITLE_POINTS / POINTS) + 0.15


def _name_rows(page: Page, axes: Any, rows: Sequence[PictureRow], middles: Sequence[float]) -> None:
    ticks = []
    for middle, row in zip(middles, rows, strict=True):
        lines = LINE_PIXELS * (np.arange(len(row.names)) - (len(row.names) - 1) / 2)
        ticks += [(middle + line, *name) for line, name in zip(lines, row.names.items(), strict=True)]
    places, names, colors = zip(*ticks, strict=True)
    axes.set_yticks(places, names, fontsize=page.points)
    for text, color in zip(axes.get_yticklabels(), colors, strict=True):
        text.set_color(color)


def _name_columns(
    page: Page, axes: Any, texts: Sequence[str], middles: Sequence[float], marked: Sequence[bool]
) -> None:
    axes.set_xticks(middles[: len(texts)], texts, fontsize=page.points)
    for text, emphasized in zip(axes.get_xticklabels(), marked, strict=False):
        if emphasized:
            text.set(color="#c00000", fontweight="bold")


def show(axes: Any, picture: np.ndarray) -> None:
    """Show a picture in axes without lines and with the aspect ratio of the picture."""
    axes.imshow(picture)
    # Centred pictures would cut off the row names, because the layout reserves their space before pictures shrink.
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
