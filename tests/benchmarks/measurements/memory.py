"""The memory that training takes on float32 images and on uint8 images.

The growth is the peak memory of a process during an epoch of training minus the memory before the data were loaded. It
includes the data, the model, the batches and the memory that TensorFlow keeps.
"""

import statistics
from functools import partial
from pathlib import Path

from alone import alone
from architectures import ARCHITECTURES, MAKERS, train
from measured_images import byte_images, float_images
from rounds import columns, interleaved
from tables import print_table

ROUNDS = 1
MODELS = tuple(ARCHITECTURES)
COLUMNS = ("model", "by", "images", "data, MiB", "growth, MiB")
LOADERS = {"float32": float_images, "uint8": byte_images}
RUNS = (("keras_cae", "float32"), ("keras_cae", "uint8"), ("stock Keras", "float32"))
MEBIBYTE = 2**20


def measure(options):
    if not Path("/proc/self/clear_refs").exists():
        print("The memory of a process can only be measured on Linux.\n")
        return
    print_table(COLUMNS, rows(options), labels=3)


def rows(options):
    for name in options.model:
        competitors = {run: partial(alone, options, growth, name, *run) for run in RUNS}
        for run, sizes in interleaved(competitors, options.rounds).items():
            yield (name, *run, *map(statistics.median, columns(sizes)))


def growth(name, by, dtype, options):
    """Return the size of the data and the growth of the process, in MiB."""
    before = status("VmRSS")
    images = LOADERS[dtype](options)
    model = MAKERS[by](name, images.shape[1:], options.latent_dim)
    forget_peak()
    train(model, images, options.batch_size)
    return images.nbytes / MEBIBYTE, (status("VmHWM") - before) / MEBIBYTE


def status(field):
    """Return a field of the memory statistics of this process, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    sizes = dict(line.split(":", 1) for line in lines)
    return int(sizes[field].removesuffix("kB")) * 1024


def forget_peak():
    """Reset `VmHWM`, because loading the data may take more memory than training."""
    Path("/proc/self/clear_refs").write_text("5")
