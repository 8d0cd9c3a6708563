"""Figures that are not registered with pyplot."""

import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


class NotebookFigure(Figure):
    """A figure that notebooks display even if pyplot has not been imported.

    pyplot keeps no reference to it, so that it is displayed only once, and freed with its last reference.
    """

    def _repr_png_(self) -> bytes:
        # IPython calls this method unless its inline backend has registered a formatter for figures.
        file = io.BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()


def notebook_figure(size: tuple[float, float], dpi: float | None, layout: str) -> NotebookFigure:
    """Return an empty figure of a size in inches with a layout engine of matplotlib, which avoids overlaps."""
    figure = NotebookFigure(figsize=size, dpi=dpi, layout=layout)
    FigureCanvasAgg(figure)
    return figure
