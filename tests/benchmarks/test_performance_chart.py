"""The chart of docs/performance.md shows what the tables of the page say."""

import pytest

pytest.importorskip("matplotlib")
from performance_chart import CHART, PAGE, digest, draw, panels

TABLES = """
## Training

MNIST, 28×28×1:

| model | | stock Keras | PyTorch compiled | floor | share of the peak |
| --- | --- | ---: | ---: | ---: | ---: |
| BasicCAE | time | 1.5 (1.2–2.0) | 1.10 (0.9–1.3) |  | 0.33 |
|  | processor time | 9.0 (9.0–9.0) | 9.0 (9.0–9.0) |  |  |
| ResidualCAE | time | 1.25 (1.0–1.5) |  | 0.80 (0.7–0.9) | 0.67 |

Some models have no counterpart:

| model | time, s |
| --- | ---: |
| WassersteinCAE | 1.15 |

## Inference

| model | task | images per second | keras_cae / stock Keras |
| --- | --- | ---: | ---: |
| BasicCAE | predict | 12,599 | 1.04 (0.93–2.02) |
| BasicCAE | encode | 39,206 | 1.44 (1.37–1.72) |
"""


def test_ratios_are_read_from_all_columns_that_have_any():
    assert panels(TABLES) == {
        "Epoch of MNIST": {
            "stock Keras": {"BasicCAE": (1.5, 1.2, 2.0), "ResidualCAE": (1.25, 1.0, 1.5)},
            "PyTorch compiled": {"BasicCAE": (1.1, 0.9, 1.3)},
            "floor": {"ResidualCAE": (0.8, 0.7, 0.9)},
        },
        "Inference": {
            "stock Keras, predict": {"BasicCAE": (1.04, 0.93, 2.02)},
            "stock Keras, encode": {"BasicCAE": (1.44, 1.37, 1.72)},
        },
    }


def test_points_are_drawn_at_the_medians_of_their_models():
    axes, inference = draw(panels(TABLES)).axes
    points = {line.get_label(): line.get_xydata().tolist() for line in axes.get_lines()}
    assert points["stock Keras"] == [[1.5, -0.25], [1.25, 0.75]]
    assert points["floor"] == [[0.8, 1.25]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["BasicCAE", "ResidualCAE"]
    assert inference.get_title() == "Inference"


def test_the_chart_is_the_current_one():
    page = PAGE.read_text()
    assert {
        "Epoch of MNIST",
        "Epoch of CIFAR-10",
        "Epoch of Signals",
        "Epoch of Volumes",
        "First step",
        "Inference",
    } == set(panels(page))
    assert digest(page) in CHART.read_text(), "run python tests/benchmarks/performance_chart.py"
