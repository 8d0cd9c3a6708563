"""Figures that pyplot does not know."""

import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


class NotebookFigure(Figure):
    """A figure that notebooks show even if pyplot has not been imported.

    pyplot keeps no reference to it, so that it is shown once and is freed with its last reference.
    """

    def _repr_png_(self) -> bytes:
        # What IPython asks for, unless its inline backend has registered how figures are shown.
        file = io.BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()


def notebook_figure(size: tuple[float, float], dpi: float | None, layout: str) -> NotebookFigure:
    """Return an empty figure of a size in inches, whose parts are kept from overlapping by a layout of matplotlib."""
    figure = NotebookFigure(figsize=size, dpi=dpi, layout=layout)
    FigureCanvasAgg(figure)
    return figure
