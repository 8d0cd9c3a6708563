"""The figure of a plot, its size, and the text sizes that match it."""

import functools
from typing import Any

from keras_cae.extras import install_hint
from keras_cae.validation import positive_float

POINTS, TITLE_POINTS = 9.0, 11.0
"""Text sizes at the natural size of a plot."""
SMALLEST_SCALE, LARGEST_SCALE = 0.67, 2.0
"""The limits of the text scale. Text below six points is not legible."""


class Page:
    """The figure that a plot fills: a new one, or one that is passed in.

    Args:
        figsize: width and height in inches; by default the natural size of the plot.
        dpi: pixels per inch; by default that of matplotlib.
        figure: a `matplotlib.figure.Figure` or `SubFigure` to draw into, instead of a new one.

    Raises:
        ImportError: matplotlib is not installed.
        TypeError: `figure` is of another type.
        ValueError: the size is invalid, or a figure and a size are given.
    """

    def __init__(self, figsize: Any = None, dpi: Any = None, figure: Any = None) -> None:
        require_matplotlib()
        from matplotlib.figure import Figure, SubFigure

        if figure is not None and not isinstance(figure, Figure | SubFigure):
            raise TypeError(
                f"figure must be a matplotlib.figure.Figure or SubFigure, got {figure!r}. To draw several plots into "
                "one figure, use figure.subfigures."
            )
        if figure is not None and (figsize is not None or dpi is not None):
            raise ValueError("figsize and dpi can't be combined with figure. Omit them, or omit figure.")
        self.figsize = None if figsize is None else _checked_size(figsize)
        self.dpi = None if dpi is None else positive_float(dpi, "dpi")
        self.figure: Any = figure
        self.scale = 1.0

    def open(self, width: float, height: float, title: str | None = None, layout: str = "constrained") -> Any:
        """Return the figure, for a plot with a natural size in inches.

        If the figure has another size, `points` is scaled accordingly.

        Args:
            width: natural width.
            height: natural height.
            title: title of the figure.
            layout: a layout of matplotlib, "constrained", or "compressed" for pictures with fixed aspect ratios.
        """
        from keras_cae.plots.notebook_figure import notebook_figure

        if self.figure is None:
            size = self.figsize or (width, height)
            self.figure = notebook_figure(size, self.dpi, layout)
        else:
            size = self.figure.bbox.width / self.figure.dpi, self.figure.bbox.height / self.figure.dpi
            if hasattr(self.figure, "set_layout_engine") and self.figure.get_layout_engine() is None:
                self.figure.set_layout_engine("constrained")
        self.scale = min(max(min(size[0] / width, size[1] / height), SMALLEST_SCALE), LARGEST_SCALE)
        if title:
            self.figure.suptitle(title, fontsize=TITLE_POINTS * self.scale)
        return self.figure

    @property
    def points(self) -> float:
        """The text size in points."""
        return POINTS * self.scale

    def label(self, axes: Any, x: str | None = None, y: str | None = None, title: str | None = None) -> None:
        """Set the labels and the title of axes, and the text size of all of them."""
        axes.tick_params(labelsize=self.points)
        if x is not None:
            axes.set_xlabel(x, fontsize=self.points)
        if y is not None:
            axes.set_ylabel(y, fontsize=self.points)
        if title is not None:
            axes.set_title(title, fontsize=self.points * TITLE_POINTS / POINTS)

    def legend(self, axes: Any, **options: Any) -> None:
        """Add a legend, by default to the right of the axes."""
        place = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.3}
        axes.legend(**{**place, "fontsize": self.points, "frameon": False, **options})

    def color_bar(self, mappable: Any, axes: Any, label: str, **options: Any) -> Any:
        """Add a colour bar to the right of the axes."""
        bar = self.figure.colorbar(mappable, ax=axes, **{"aspect": 25, "pad": 0.02, **options})
        bar.set_label(label, fontsize=self.points)
        bar.ax.tick_params(labelsize=self.points)
        return bar


@functools.lru_cache(maxsize=1024)
def text_inches(text: str) -> float:
    """Return an upper bound of the width of a text in a figure. On a screen, glyphs are rounded to whole pixels."""
    from matplotlib.textpath import TextPath

    return 1.15 * float(TextPath((0, 0), text, size=POINTS).get_extents().width) / 72 if text.strip() else 0.0


def require_matplotlib() -> None:
    """Raise an `ImportError` that names the extra, if matplotlib is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f"keras_cae.plots needs matplotlib, which is not installed. {install_hint('plots')}"
        ) from error


def _checked_size(figsize: Any) -> tuple[float, float]:
    try:
        width, height = (positive_float(side, "figsize") for side in figsize)
    except (TypeError, ValueError) as error:
        raise ValueError(f"figsize must be the width and the height in inches, got {figsize!r}.") from error
    return width, height
