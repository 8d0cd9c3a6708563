"""Checks that figures are legible and complete, and not registered with pyplot."""

import itertools
import sys

import numpy as np
from matplotlib.figure import Figure


def check_figure(figure):
    """Check that all texts are legible, inside the figure, and do not overlap. Return the figure."""
    assert isinstance(figure, Figure)
    figure.draw_without_rendering()
    width, height = figure.bbox.width, figure.bbox.height
    boxes = {text: text.get_window_extent() for text in _shown_texts(figure) if text.get_text().strip()}
    assert boxes
    for text, box in boxes.items():
        assert box.x0 >= -1, f"{text} is cut at the left"
        assert box.x1 <= width + 1, f"{text} is cut at the right"
        assert box.y0 >= -1, f"{text} is cut at the bottom"
        assert box.y1 <= height + 1, f"{text} is cut at the top"
        assert text.get_fontsize() >= 6, text
    for (one, box), (other, of_other) in itertools.combinations(boxes.items(), 2):
        # A line of text is slightly higher than its letters.
        across = min(box.x1, of_other.x1) - max(box.x0, of_other.x0)
        down = min(box.y1, of_other.y1) - max(box.y0, of_other.y0)
        assert across <= 1 or down <= 4, f"{one} overlaps {other}"
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()
    return figure


def _shown_texts(figure):
    """The title, the legends, and the labels and numbers of axes, without numbers beyond their limits."""
    for part in [figure, *figure.subfigs]:
        yield from part.texts
        for legend in part.legends:
            yield from legend.get_texts()
    for axes in figure.axes:
        yield from [axes.title, axes.xaxis.label, axes.yaxis.label]
        yield from axes.get_legend().get_texts() if axes.get_legend() else []
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
            yield from (text for place, text in ticks if low <= place <= high)


def texts(axes):
    """The texts below and to the left of axes, which name the columns and rows."""
    return tuple([label.get_text() for label in labels] for labels in (axes.get_xticklabels(), axes.get_yticklabels()))


def pixels(figure, index=0):
    """The picture in the axes of a figure."""
    return np.asarray(figure.axes[index].images[0].get_array())


def shows(picture, tile):
    """Whether a picture contains exactly the pixels of a tile."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, tile.shape)[:, :, 0]
    candidates = np.argwhere((windows[:, :, 0, 0] == tile[0, 0]).all(axis=-1))
    return any(np.array_equal(windows[top, left], tile) for top, left in candidates)
