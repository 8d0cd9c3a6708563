"""Pictures of signals as curves, with a panel for each channel and numbers at the axes."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from keras_cae.drawing.text import text_width, write_text
from keras_cae.drawing.thumbnails import MEDIUM

OVERSAMPLING = 3
"""The factor by which curves are drawn larger and then shrunk, which smooths them."""
LARGEST_COUNT = 16
"""The maximum number of channels to show."""
FEW_CHANNELS = 3
LINE_WIDTH = 1.4
BACKGROUND, FRAME, SHADE = "white", "#b8b8b8", "#e4e4e4"
COLORS = {"input": "#202020", "corrupted": "#e9b44c", "reconstruction": "#0072b2", "error": "#d55e00"}
OTHER_COLOR = "#0072b2"
BEHIND = ("corrupted",)
"""The curves that are drawn behind the others."""
SHADED = "hidden"
"""The name of the curve whose positive values are shown as a grey background."""


class Layout(NamedTuple):
    """The size of a panel and the text size of its numbers, in pixels."""

    width: int
    height: int
    text: int

    @classmethod
    def fitting(cls, min_side: int, channels: int) -> "Layout":
        """Return the layout for pictures of a size."""
        text = 14 if min_side >= MEDIUM else 11
        height = 1.3 * min_side if channels <= FEW_CHANNELS else 0.8 * min_side
        return cls(round(3.2 * min_side if min_side >= MEDIUM else 2.4 * min_side), round(height), text)


def color_of(name: str) -> str:
    """Return the colour for the name of a curve or of the grey background."""
    return "#8c8c8c" if name == SHADED else COLORS.get(name, OTHER_COLOR)


def limits_of(*batches: np.ndarray) -> np.ndarray:
    """Return the lowest and the highest value of each channel, `(channels, 2)`, widened if both are equal."""
    values = np.concatenate([batch.reshape(-1, batch.shape[-1]) for batch in batches]).astype("float64")
    values = np.where(np.isfinite(values), values, np.nan)
    limits = np.zeros((values.shape[1], 2))
    for channel in np.flatnonzero(~np.isnan(values).all(axis=0)):
        limits[channel] = np.nanmin(values[:, channel]), np.nanmax(values[:, channel])
    flat = limits[:, 0] == limits[:, 1]
    limits[flat] += np.array([-0.5, 0.5]) * np.maximum(1.0, np.abs(limits[flat, :1]))
    return limits


def label_width(limits: np.ndarray, min_side: int) -> int:
    """Return the width of the numbers beside panels with these limits, in pixels."""
    size = Layout.fitting(min_side, len(limits)).text
    return max(text_width(_label(value), size) for value in np.ravel(limits))


def curve_pictures(
    curves: Mapping[str, np.ndarray], limits: np.ndarray, min_side: int = MEDIUM, labels: int | None = None
) -> np.ndarray:
    """Draw signals as curves. The curves with the same index are drawn over each other.

    Args:
        curves: batches `(n, length, channels)` by the names that determine their colours, in the order of drawing. A
            batch with a single channel is drawn in all panels. Values that are not finite leave a gap, and values
            beyond the limits are drawn at the edge.
        limits: the values at the lower and the upper edge of the panel of each channel, `(channels, 2)`.
        min_side: 64 for pictures of few signals, 48 for smaller ones of many.
        labels: the width of the numbers beside the panels, to align several pictures; by default as needed.

    Returns:
        `(n, height, width, 3)` uint8.
    """
    limits = limits[:LARGEST_COUNT]
    layout = Layout.fitting(min_side, len(limits))
    length = max(batch.shape[1] for batch in curves.values())
    left = 4 + (labels or label_width(limits, min_side))
    above, below = layout.text // 2 + 1, round(1.5 * layout.text)
    step = layout.height + max(layout.text + 2, 8)
    size = (left + layout.width + layout.text // 2, above + step * len(limits) - (step - layout.height) + below)
    frame = Image.new("RGB", size, BACKGROUND)
    for channel, (low, high) in enumerate(limits):
        top = above + step * channel
        write_text(frame, _label(high), (left - 3, top), "rm", layout.text)
        write_text(frame, _label(low), (left - 3, top + layout.height - 1), "rm", layout.text)
    write_text(frame, "0", (left, size[1] - below + 3), "la", layout.text)
    write_text(frame, str(length - 1), (left + layout.width, size[1] - below + 3), "ra", layout.text)
    pictures = []
    for number in range(len(next(iter(curves.values())))):
        picture = frame.copy()
        for channel, pair in enumerate(limits):
            of_channel = {name: batch[number][:, _within(batch, channel)] for name, batch in curves.items()}
            picture.paste(draw_panel(of_channel, pair, layout), (left, above + step * channel))
        pictures.append(np.asarray(picture))
    return np.stack(pictures)


def _label(value: float) -> str:
    return f"{value:.3g}"


def _within(batch: np.ndarray, channel: int) -> int:
    return min(channel, batch.shape[-1] - 1)


def draw_panel(curves: Mapping[str, np.ndarray], limits: Any, layout: Layout) -> Image.Image:
    """Draw the curves of one channel, `(length,)`, without numbers."""
    width, height = OVERSAMPLING * layout.width, OVERSAMPLING * layout.height
    panel = Image.new("RGB", (width, height), BACKGROUND)
    draw = ImageDraw.Draw(panel)
    for name, values in curves.items():
        if name == SHADED:
            _shade(draw, values > 0, width, height)
    draw.rectangle([0, 0, width - 1, height - 1], outline=FRAME, width=OVERSAMPLING)
    low, high = limits
    if low < 0 < high:
        zero = (height - 1) * high / (high - low)
        draw.line([(0, zero), (width, zero)], FRAME, OVERSAMPLING)
    for name, values in sorted(curves.items(), key=lambda curve: curve[0] not in BEHIND):
        if name != SHADED:
            for points in _segments(values, limits, width, height):
                draw.line(points, color_of(name), round(LINE_WIDTH * OVERSAMPLING), joint="curve")
    return panel.reduce(OVERSAMPLING)


def _shade(draw: ImageDraw.ImageDraw, hidden: np.ndarray, width: int, height: int) -> None:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], hidden, [False]]).astype("int8")))
    scale = width / len(hidden)
    for start, end in edges.reshape(-1, 2):
        draw.rectangle([start * scale, 0, end * scale, height], fill=SHADE)


def _segments(values: np.ndarray, limits: Any, width: int, height: int) -> Iterator[list[tuple[float, float]]]:
    """Yield the points of a curve, in one list per part without gaps."""
    low, high = limits
    margin = LINE_WIDTH * OVERSAMPLING / 2
    # Infinite values, from models that have diverged, also leave a gap.
    values = np.where(np.isfinite(values), np.clip(values, low, high), np.nan)
    x = (np.arange(len(values)) + 0.5) * width / len(values)
    y = margin + (height - 1 - 2 * margin) * (high - values) / (high - low)
    x, y = _envelope(x, y, width)
    for part in np.split(np.arange(len(y)), np.flatnonzero(np.isnan(y))):
        whole = part[~np.isnan(y[part])]
        if len(whole) == 1:  # draw a single value as a short line
            yield [(x[whole[0]] - margin, y[whole[0]]), (x[whole[0]] + margin, y[whole[0]])]
        elif len(whole):
            yield list(zip(x[whole].tolist(), y[whole].tolist(), strict=True))


def _envelope(x: np.ndarray, y: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Reduce a curve with many more points than pixels to its lowest and highest point at each pixel."""
    if len(y) <= 2 * width:
        return x, y
    starts = np.searchsorted(x, np.arange(width))
    low, high = np.fmin.reduceat(y, starts), np.fmax.reduceat(y, starts)
    return np.repeat(np.arange(width) + 0.5, 2), np.stack([low, high], axis=1).ravel()
