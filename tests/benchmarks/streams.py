"""Compares training from streamed files with training from memory, and measures the memory of streamed trainings.

    pip install -e ".[test]"
    python tests/benchmarks/streams.py training [FOLDER] [--images 2000] [--rounds 5]
    python tests/benchmarks/streams.py memory [FOLDER] [--images 2000 100000]

FOLDER contains photographs, from which random crops are written as JPEG files; by default, the two photographs in
scikit-learn are used.

"training" trains models for an epoch, from a stream and from an array of the same images, in rounds that alternate
between both. `DenoisingCAE` is trained on patches, `BasicCAE` on whole images that are resized. Prints a table in
Markdown. The ratio compares the images per second of the stream with those of the array, followed by the smallest and
the largest ratio of a round.

"memory" runs `keras-cae train --stream` on folders of different sizes, for as many epochs as it takes to read equally
many images, in batches of the same size, and reads the resident memory of the process every quarter of a second. Prints
a table with the time, the memory at five moments of the run, and its peak. `--curve FILE.csv` writes all samples.
"""

import argparse
import csv
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from keras_cae.cli.quiet_start import import_keras

import_keras()

import keras  # noqa: E402
import numpy as np  # noqa: E402
from data import load_photographs, write_parts  # noqa: E402
from rounds import interleaved, ratio, timed, warm_up  # noqa: E402
from tables import print_table  # noqa: E402

from keras_cae.datasets import stream_images  # noqa: E402
from keras_cae.models import BasicCAE, DenoisingCAE  # noqa: E402

TRAINING_COLUMNS = ("model", "images", "stream, images/s", "memory, images/s", "stream/memory")
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""The moments of a run whose memory the table shows, as shares of its duration."""
MEMORY_COLUMNS = ("files", "epochs", "seconds", *(f"{share:.0%}" for share in SHARES), "peak, MiB")
SECONDS_BETWEEN_SAMPLES = 0.25
BATCH_SIZE = 128
SIGMA = 25 / 255


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("measure", choices=("training", "memory"))
    parser.add_argument("data", nargs="?", help="a folder of photographs")
    parser.add_argument("--images", type=int, nargs="+", help="files to write")
    parser.add_argument("--stored-size", type=int, nargs=2, help="height and width of the files")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--filters", type=int, nargs="+", help="filters of DenoisingCAE")
    parser.add_argument("--curve", type=Path, help="write all samples of the memory to this file")
    parser.add_argument("--scratch", help="where to write the files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        if options.measure == "training":
            print_table(TRAINING_COLUMNS, training_rows(Path(scratch), options), labels=2)
        else:
            print_table(MEMORY_COLUMNS, memory_rows(Path(scratch), options), labels=0)


def write_files(folder, count, options, stored_size):
    options.images, options.stored_size = count, options.stored_size or stored_size
    write_parts(load_photographs(options), folder, ".jpg", options)


# Training from a stream and from memory


def training_rows(scratch, options):
    write_files(scratch / "files", (options.images or [2000])[0], options, (256, 320))
    patches = {"patches": (48, 48), "patches_per_image": 4, "batch_size": 32}
    noise = keras.layers.GaussianNoise(SIGMA)
    denoiser = DenoisingCAE(corruption=noise, **({"filters": options.filters} if options.filters else {}))
    yield compared(denoiser, "patches of 48×48", scratch / "files", patches, options.rounds)
    whole = {"image_size": 64, "batch_size": 64}
    yield compared(BasicCAE(latent_dim=32), "whole, 64×64", scratch / "files", whole, options.rounds)


def compared(model, description, folder, arguments, rounds):
    """Return a row of the table of trainings."""
    stream = stream_images(folder, seed=0, **arguments)
    images = np.concatenate([batch.numpy() for batch in stream])
    model.compile("adam", "mae")
    fits = {
        "stream": partial(model.fit, stream, verbose=0),
        "memory": partial(model.fit, images, batch_size=arguments["batch_size"], verbose=0),
    }
    competitors = {name: partial(seconds_of, fit) for name, fit in fits.items()}
    warm_up(competitors)
    times = interleaved(competitors, rounds)
    speeds = [f"{len(images) / statistics.median(seconds):,.0f}" for seconds in times.values()]
    return type(model).__name__, description, *speeds, ratio(times["memory"], times["stream"])


def seconds_of(function):
    return timed(function).clock


# The memory of streamed trainings


def memory_rows(scratch, options):
    samples, counts = {}, options.images or [2000, 100_000]
    for count in counts:
        folder, epochs = scratch / str(count), max(counts) // count
        write_files(folder, count, options, (64, 64))
        samples[count] = memory_of_training(folder, epochs, scratch / f"run-{count}")
        sizes = [size for _, size in samples[count]]
        at_moments = [sizes[int(share * len(sizes))] for share in SHARES]
        numbers = (epochs, samples[count][-1][0], *at_moments, max(sizes))
        yield f"{count:,}", *(f"{value:,.0f}" for value in numbers)
    if options.curve:
        write_curve(options.curve, samples)


def memory_of_training(folder, epochs, out):
    """Train on a folder with the command, and return pairs of seconds and resident memory in MiB."""
    program = Path(sys.executable).with_name("keras-cae")
    # The default batch size depends on the number of images, and the memory depends on the batch size.
    settings = ["--epochs", str(epochs), "--batch-size", str(BATCH_SIZE), "--out", out]
    command = [program, "train", folder, "--stream", *settings]
    samples, started = [], time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            size = resident(process.pid)
            if size is not None:
                samples.append((time.perf_counter() - started, size))
            time.sleep(SECONDS_BETWEEN_SAMPLES)
    if process.returncode:
        raise SystemExit(f"keras-cae train failed with code {process.returncode}.")
    return samples


def resident(process):
    """Return the resident memory of a process in MiB, or None if it has ended."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    sizes = [int(line.split()[1]) for line in lines if line.startswith("VmRSS:")]
    return sizes[0] / 1024 if sizes else None


def write_curve(path, samples):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("files", "seconds", "resident memory, MiB"))
        for count, curve in samples.items():
            writer.writerows((count, f"{seconds:.2f}", f"{size:.1f}") for seconds, size in curve)


if __name__ == "__main__":
    main()
