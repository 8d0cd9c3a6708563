"""Measures the time and memory of `predict_tiled` for an image that does not fit into memory at once.

    pip install -e ".[test]"
    python tests/benchmarks/tiling.py [--side 20000] [--filters 4]

Writes a square grey image, uint8, to a file, and applies an untrained `DenoisingCAE` to the memory-mapped file, with
the result in another file. Prints a table in Markdown: the time; the growth of the memory at its peak, including mapped
pages of files; and the largest difference from `predict` on a part of the image with enough surroundings, where rounded
results differ by up to half a level.
"""

import argparse
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
from alone import alone
from measurements.memory import MEBIBYTE, forget_peak, status
from tables import print_table

from keras_cae.models import DenoisingCAE
from keras_cae.tiling import predict_tiled, receptive_field

COLUMNS = ("result", "pixels", "seconds", "growth, MiB", "largest difference")
RESULTS = ("uint8", "float32")
ROWS_AT_ONCE = 256
COMPARED = 200
"""The side of the part that is compared with `predict`."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=20000)
    parser.add_argument("--filters", type=int, nargs="+", default=[4])
    parser.add_argument("--tile", type=int)
    parser.add_argument("--one-process", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "image.npy"
        write_image(image, options.side)
        pixels = f"{options.side:,}×{options.side:,}"
        rows = ((dtype, pixels, *alone(options, measured, image, dtype)) for dtype in RESULTS)
        print_table(COLUMNS, rows, labels=2)


def write_image(path, side):
    """Write waves with noise, some rows at a time."""
    image = np.lib.format.open_memmap(path, "w+", "uint8", (side, side, 1))
    generator = np.random.default_rng(0)
    waves = 60 * np.sin(np.arange(side) / 37)
    for start in range(0, side, ROWS_AT_ONCE):
        rows = image[start : start + ROWS_AT_ONCE]
        noise = generator.normal(128, 20, rows.shape[:2])
        rows[..., 0] = np.clip(noise + waves, 0, 255)


def measured(path, dtype, options):
    """Return the seconds, the growth in MiB, and the largest difference."""
    keras.utils.set_random_seed(0)
    model = DenoisingCAE(filters=tuple(options.filters))
    image = np.load(path, mmap_mode="r")
    predict_tiled(model, image[:300, :300], tile=options.tile)  # exclude the memory that TensorFlow allocates once
    before = status("VmRSS")
    forget_peak()
    start = time.perf_counter()
    result = predict_tiled(model, image, tile=options.tile, dtype=dtype, out=path.with_name(f"{dtype}.npy"))
    seconds, growth = time.perf_counter() - start, (status("VmHWM") - before) / MEBIBYTE
    return seconds, growth, largest_difference(model, image, result)


def largest_difference(model, image, result):
    """Return the largest difference from `predict` at the centre of the image, with enough surroundings."""
    factor = model.downsampling[0]
    around = -(-receptive_field(model)[0] // factor) * factor
    start = (len(image) - COMPARED) // 2 // factor * factor
    part = slice(start - around, start + COMPARED + around)
    expected = model.predict(np.array(image[part, part])[None], verbose=0)[0, around:-around, around:-around]
    found = np.array(result[start : start + COMPARED, start : start + COMPARED])
    white = 255 if found.dtype == "uint8" else 1
    return float(np.abs(found / white - np.clip(expected, 0, 1) if white == 255 else found - expected).max())


if __name__ == "__main__":
    main()
