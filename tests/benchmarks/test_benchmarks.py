"""The benchmarks run, on tiny data. What they measure is read by people."""

import importlib.util
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import stock_networks
from floating_point import training_operations
from rounds import Ratio, Times, interleaved, ratios

FOLDER = Path(__file__).parent
MODELS = ("BasicCAE", "BatchNormPoolCAE", "SkipConnectionCAE")
PYTORCH_ROWS = 2 if importlib.util.find_spec("torch") else 0
# measurement: how many rows begin with which word
ROWS = {
    "training": dict.fromkeys(MODELS, 3 + PYTORCH_ROWS),
    "startup": dict.fromkeys(MODELS, 1),
    "memory": dict.fromkeys(MODELS, 3),
    "inference": dict.fromkeys(MODELS, 3),
    # Without those of priors and codebooks; and of what only decodes codes, SkipConnectionCAE.
    "callbacks": {**dict.fromkeys(MODELS, 8), "SkipConnectionCAE": 6},
    "scaling": dict.fromkeys(MODELS, 6),
    "import": {"keras_cae": 1},
}


@pytest.fixture
def images_file(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (96, 8, 8, 1), dtype="uint8")
    np.savez(tmp_path / "images.npz", x_train=images[:64], x_test=images[64:])
    return tmp_path / "images.npz"


def run(program, *arguments):
    """What a benchmark prints."""
    command = [sys.executable, FOLDER / program, *arguments, "--latent-dim", "4"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def count_rows(table, label):
    """How many rows begin with `label`; all of them end with finite numbers."""
    rows = re.findall(rf"^\| {label} \|(.*)\|$", table, re.MULTILINE)
    for row in rows:
        numbers = [float(number.replace(",", "")) for number in re.findall(r"\d[\d,.]*|nan|inf", row)]
        assert numbers, row
        assert all(map(math.isfinite, numbers)), row
    return len(rows)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measurements", "options"),
    [
        (["training"], []),
        (["startup", "memory", "inference", "callbacks"], ["--one-process"]),
        (["scaling", "import"], ["--one-process"]),
    ],
)
def test_speed_has_rows_for_every_model(measurements, options, images_file):
    options = ["--rounds", "1", "--batch-size", "24", *options]
    printed = run("speed.py", images_file, "--measure", *measurements, *options)
    assert "tensorflow" in printed.splitlines()[0]
    sections = re.split(r"^## ", printed, flags=re.MULTILINE)[1:]
    assert [section.split()[0] for section in sections] == measurements
    for name, section in zip(measurements, sections, strict=True):
        assert {label: count_rows(section, label) for label in ROWS[name]} == ROWS[name], section


@pytest.mark.slow
def test_reconstruction_has_a_row_for_every_model(images_file):
    printed = run("reconstruction.py", images_file, "--epochs", "1")
    assert [count_rows(printed, model) for model in ("PCA", *MODELS)] == [1] * 4, printed


def test_rounds_alternate_and_go_backwards_every_second_time():
    calls = []
    times = interleaved(
        {name: lambda name=name: calls.append(name) or len(calls) for name in "abc"}, rounds=3
    )
    assert "".join(calls) == "abccbaabc"
    assert times == {"a": [1, 6, 7], "b": [2, 5, 8], "c": [3, 4, 9]}


def test_ratios_are_those_of_the_medians_with_the_extremes_of_the_rounds():
    theirs = [Times(6.0, 1.0), Times(2.0, 1.0), Times(3.0, 1.0)]
    mine = [Times(2.0, 2.0), Times(4.0, 2.0), Times(1.0, 2.0)]
    assert ratios(theirs, mine) == [Ratio(1.5, 0.5, 3.0), Ratio(0.5, 0.5, 0.5)]
    assert [str(ratio) for ratio in ratios(theirs, mine)] == ["1.50 (0.50–3.00)", "0.50"]


def test_operations_of_a_small_network():
    # 12×8 images: two convolutions, two dense layers of 3×768 and two transposed convolutions, of which
    # the first is at 6×4 positions. The first convolution has no gradient for its inputs.
    first, others = 96 * 9 * 2 * 16, 24 * 9 * 16 * 32 + 2 * 3 * 768 + 24 * 9 * 32 * 16 + 96 * 9 * 16 * 2
    assert training_operations(stock_networks.basic((12, 8, 2), 3)) == 4 * first + 6 * others


@pytest.mark.parametrize("name", ["basic", "batch_norm_pool", "skip_connection"])
def test_pytorch_counts_the_same_operations_in_its_networks(name):
    torch = pytest.importorskip("torch")
    import torch_networks
    from torch.utils.flop_counter import FlopCounterMode

    network = getattr(torch_networks, name)((12, 8, 2), 3)
    with FlopCounterMode(display=False) as counter:
        outputs = network(torch.zeros(5, 2, 12, 8))
        outputs.sum().backward()
    assert outputs.shape == (5, 2, 12, 8)
    assert counter.get_total_flops() == 5 * training_operations(getattr(stock_networks, name)((12, 8, 2), 3))
