"""Common properties of all plots: figures, sizes, pyplot, and a missing matplotlib."""

import gc
import importlib
import pickle
import sys
import weakref

import numpy as np
import pytest
from figures import check_figure
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import keras_cae
from keras_cae import plots

CONTENT = {"loss": [0.3, 0.2], "val_loss": [0.4, 0.3]}


def test_size_and_resolution(basic, images):
    figure = check_figure(plots.history(CONTENT, figsize=(5, 4), dpi=50))
    assert (*figure.get_size_inches(), figure.dpi) == (5, 4, 50)
    assert np.asarray(figure.canvas.buffer_rgba()).shape == (200, 250, 4)
    large = check_figure(plots.reconstructions(basic, images, figsize=(14, 9)))
    small = check_figure(plots.reconstructions(basic, images, figsize=(5, 2)))
    sizes = [figure.axes[0].get_xticklabels()[0].get_fontsize() for figure in (small, large)]
    assert sizes[0] < 9 < sizes[1], "texts grow with the figure"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"figsize": 5}, ValueError, "figsize must be the width and the height in inches, got 5"),
        ({"figsize": (5, 0)}, ValueError, "figsize must be"),
        ({"dpi": -1}, ValueError, "dpi must be a finite number above zero"),
        ({"figure": "a"}, TypeError, "figure must be a matplotlib.figure.Figure or SubFigure, got 'a'"),
        ({"figure": Figure(), "figsize": (5, 4)}, ValueError, "figsize and dpi can't be combined with figure"),
    ],
)
def test_what_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        plots.history(CONTENT, **options)


def test_several_plots_on_one_page(basic, images):
    page = Figure(figsize=(9, 8), layout="constrained")
    top, bottom = page.subfigures(2, 1, height_ratios=[1, 1])
    assert plots.reconstructions(basic, images, max_images=3, figure=top) is top
    assert plots.history(CONTENT, figure=bottom) is bottom
    check_figure(page)
    assert top.axes
    assert bottom.axes


def test_an_own_figure_gets_a_layout():
    figure = Figure(figsize=(4, 3))
    assert plots.history(CONTENT, figure=figure) is figure
    check_figure(figure)


def test_figures_go_away_with_their_last_reference():
    figure = weakref.ref(plots.history(CONTENT))
    gc.collect()
    assert figure() is None


def test_notebooks_without_pyplot_show_the_figure():
    figure = plots.history(CONTENT)
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert isinstance(pickle.loads(pickle.dumps(figure)).axes[0], Axes)


def test_saved_as_vectors(tmp_path):
    plots.history(CONTENT).savefig(tmp_path / "history.svg")
    assert "<svg" in (tmp_path / "history.svg").read_text()


def test_without_matplotlib(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.startswith("keras_cae.plots")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(keras_cae, "plots", plots)
    again = importlib.import_module("keras_cae.plots")
    assert again is not plots
    with pytest.raises(ImportError, match=r"which is not installed.*pip install matplotlib"):
        again.history(CONTENT)
