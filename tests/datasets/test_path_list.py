"""Paths that are kept as strings."""

import gc
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_cae.datasets.open_source import open_source
from keras_cae.datasets.path_list import PathList
from keras_cae.datasets.sizing import Sizing

PATHS = [Path("a/b.png"), Path("c.png"), Path("d.png")]
BYTES_PER_FILE = 350
"""The memory that a file of a stream may take: a string, and its places in several lists."""


def test_a_sequence_of_paths():
    paths = PathList(PATHS)
    assert list(paths) == PATHS
    assert paths[-1] == PATHS[-1]
    assert list(paths[1:]) == PATHS[1:]
    with pytest.raises(IndexError):
        paths[3]


def test_a_source_keeps_little_of_each_file(tmp_path):
    first = tmp_path / "0.png"
    Image.new("L", (4, 4), 200).save(first)
    for number in range(1, 2000):
        (tmp_path / f"{number}.png").write_bytes(first.read_bytes())
    tracemalloc.start()
    try:
        source = open_source(tmp_path, Sizing(None, "stretch", None), None)
        assert len(source) == 2000
        gc.collect()
        with_source, _ = tracemalloc.get_traced_memory()
        del source
        gc.collect()
        without_source, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 50 < (with_source - without_source) / 2000 < BYTES_PER_FILE


def test_file_names_that_are_not_text(tmp_path):
    try:
        Image.new("L", (4, 4), 200).save(os.fsencode(tmp_path) + b"/\xff.png")
    except OSError:
        pytest.skip("this file system only accepts names that are text")
    source = open_source(tmp_path, Sizing(None, "stretch", None), None)
    np.testing.assert_array_equal(source.read(0), np.full((4, 4, 1), 200))
    assert len(source.fingerprint_of_files()) == 64
