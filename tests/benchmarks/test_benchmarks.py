"""The benchmarks run, on tiny data. What they measure is read by people."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "options"), [("throughput.py", ["--rounds", "1"]), ("reconstruction.py", ["--epochs", "1"])]
)
def test_a_table_with_a_row_for_every_model(program, options, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (96, 8, 8, 1), dtype="uint8")
    np.savez(tmp_path / "images.npz", x_train=images[:64], x_test=images[64:])
    command = [sys.executable, FOLDER / program, tmp_path / "images.npz", "--latent-dim", "4", *options]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    for model in ("BasicCAE", "BatchNormPoolCAE", "SkipConnectionCAE"):
        assert re.search(rf"^\| {model} \|(.*\d.*\|)+$", result.stdout, re.MULTILINE), result.stdout
