"""A figure of the losses and metrics of a training run."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_cae.plots.page import Page

COLUMNS = 3
PANEL_WIDTH, PANEL_HEIGHT = 3.3, 2.5
FEW_EPOCHS = 30
VALIDATION = "val_"


def history(history: Any, *, figsize: Any = None, dpi: Any = None, figure: Any = None) -> Any:
    """Show how losses and metrics changed during training.

    Each one has its own panel, with the curves of training and validation.

    Args:
        history: the `keras.callbacks.History` that `fit` returns, or its dictionary `history.history`.
        figsize: width and height of the figure in inches.
        dpi: pixels per inch.
        figure: a `matplotlib.figure.Figure` or `SubFigure` to draw into.

    Returns:
        The `matplotlib.figure.Figure`.

    Raises:
        ImportError: matplotlib is not installed.
        TypeError: `history` is of another type.
        ValueError: `history` has no epochs, or its values are not numbers.

    Example:

    >>> keras_cae.plots.history({"loss": [0.3, 0.2], "val_loss": [0.4, 0.3]}).savefig("history.png")
    """
    page = Page(figsize, dpi, figure)
    curves, first = _curves_of(history)
    # Show the loss first, because Keras sorts it among the metrics.
    panels = sorted(dict.fromkeys(name.removeprefix(VALIDATION) for name in curves), key=lambda name: name != "loss")
    epochs = max(map(len, curves.values()))
    columns = min(COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    drawn = page.open(columns * PANEL_WIDTH + 1.1, rows * PANEL_HEIGHT + 0.4, "History of the training")
    grid = drawn.subplots(rows, columns, squeeze=False)
    for axes, name in zip(grid.flat, panels, strict=False):
        for key, label in ((name, "training"), (VALIDATION + name, "validation")):
            if key in curves:
                _draw_curve(axes, curves[key], epochs, first, label)
        page.label(axes, "epoch", name)
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.set_xlim(*((first + 0.5, first + 1.5) if epochs == 1 else (None, None)))
        axes.grid(alpha=0.3)
    for axes in grid.flat[len(panels) :]:
        axes.remove()
    both = next((axes for axes in grid.flat[: len(panels)] if len(axes.lines) == 2), grid.flat[0])
    drawn.legend(*both.get_legend_handles_labels(), loc="outside right upper", fontsize=page.points, frameon=False)
    return drawn


def _draw_curve(axes: Any, values: np.ndarray, epochs: int, first: int, label: str) -> None:
    freq = _freq(len(values), epochs)
    numbers = first + freq * (np.arange(len(values)) + 1)
    colors = {"training": "#0072b2", "validation": "#d55e00"}
    marker = "o" if len(values) <= FEW_EPOCHS else None
    axes.plot(numbers, values, color=colors[label], label=label, marker=marker, markersize=3)


def _freq(count: int, epochs: int) -> int:
    """Return the smallest number of epochs between two validations that gives this number of validations."""
    return next((freq for freq in range(1, epochs + 1) if epochs // freq == count), 1)


def _curves_of(history: Any) -> tuple[dict[str, np.ndarray], int]:
    """Return the values of each epoch by name, and the number of epochs before them."""
    content = getattr(history, "history", history)
    if not isinstance(content, Mapping):
        raise TypeError(f"history must be the result of fit, or its dictionary history.history, got {history!r}."[:300])
    curves = {}
    for name, values in content.items():
        try:
            curve = np.asarray(values, "float64")
        except (TypeError, ValueError) as error:
            raise ValueError(f"history[{name!r}] must have one number per epoch, got {values!r}."[:300]) from error
        if curve.ndim != 1:
            raise ValueError(f"history[{name!r}] must have one number per epoch, got the shape {curve.shape}.")
        if len(curve):
            curves[str(name)] = curve
    if not curves:
        raise ValueError("history must contain at least one epoch, got none. Train the model first.")
    epochs = getattr(history, "epoch", None)
    return curves, int(epochs[0]) if epochs else 0
