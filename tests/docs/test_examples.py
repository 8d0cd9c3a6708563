"""All examples in the documentation run: docstrings, README, pages and scripts."""

import dataclasses
import doctest
import importlib
import inspect
import re
import runpy
import sys
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf

import keras_cae

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
SCRIPTS = sorted(ROOT.glob("docs/examples/*.py"))
LONG_PAGES = (
    "anomalies.md",
    "choose_a_model.md",
    "coming_from_alibi_detect.md",
    "coming_from_anomalib.md",
    "coming_from_keras_examples.md",
    "coming_from_pythae.md",
    "data.md",
    "denoise_without_clean_images.md",
    "denoising.md",
    "distribution.md",
    "existing_keras_code.md",
    "exporting.md",
    "generation.md",
    "losses.md",
    "models.md",
    "own_data.md",
    "performance.md",
    "plots.md",
    "pretraining.md",
    "saving.md",
    "scikit_learn.md",
    "signals.md",
    "tensorboard.md",
    "tiles.md",
    "training_loop.md",
    "tuning.md",
    "volumes.md",
    "write_a_bottleneck.md",
)
OPTIONS = {"plots.py": ["--epochs", "1"], "signals.py": ["--epochs", "1"], "volumes.py": ["--epochs", "1"]}
"""The arguments with which long scripts run in a short time."""
CODE_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def public_classes():
    for namespace in keras_cae.NAMESPACES:
        module = importlib.import_module(f"keras_cae.{namespace}")
        yield from (getattr(module, name) for name in module.__all__)


@pytest.mark.parametrize("public", list(public_classes()), ids=lambda public: public.__qualname__)
def test_docstring(public, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"np": np, "tf": tf, "keras": keras, "keras_tuner": keras_tuner, "keras_cae": keras_cae}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    tests = [test for test in doctest.DocTestFinder(recurse=False).find(public, globs=names) if test.examples]
    for test in tests:
        runner.run(test)
    record = dataclasses.is_dataclass(public) or (inspect.isclass(public) and issubclass(public, tuple))
    assert tests or record, "no example"
    assert runner.summarize().failed == 0


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.slow if page.name in LONG_PAGES else ()) for page in PAGES],
    ids=lambda page: page.name,
)
def test_code_blocks(page, tmp_path, monkeypatch, two_replicas):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda: two_replicas)
    names: dict = {"__name__": "example"}
    for block in CODE_BLOCK.findall(page.read_text()):
        exec(compile(block, str(page), "exec"), names)


@pytest.mark.parametrize(
    "script",
    [pytest.param(script, marks=pytest.mark.slow if script.name in OPTIONS else ()) for script in SCRIPTS],
    ids=lambda script: script.name,
)
def test_script(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(script), *OPTIONS.get(script.name, [])])
    runpy.run_path(str(script), run_name="__main__")


def test_there_is_something_to_run():
    assert any(CODE_BLOCK.search(page.read_text()) for page in PAGES)
    assert SCRIPTS
