"""How fast the library is, beside stock Keras and PyTorch.

    pip install -e ".[bench]"
    python tests/benchmarks/speed.py [FILE.npz] [--measure training memory] [--model BasicCAE] [--rounds 9]
    python tests/benchmarks/speed.py --rank 3 --images 512 [--measure training]

FILE.npz holds `x_train`, images whose sides 4 divides; without it, scikit-learn's digits are taken. With
`--rank 1` the models are measured on signals, with `--rank 3` on volumes, which are made. Prints
tables in Markdown, one or more for every file in `measurements/`, which says what it measures.

Every comparison has a process of its own, in which rounds alternate between the competitors, so that all of
them see the same machine. A ratio is that of the medians over the rounds, followed by the smallest and the
largest ratio of a round. Times are seconds on the clock, processor times seconds of computation by all
processors, which other programs on the machine disturb less. Absolute times say nothing about another
machine.
"""

import argparse
import datetime
import importlib.metadata
import os
import platform
import shlex
import sys
from pathlib import Path

from keras_cae.cli.quiet_start import LOG_LEVEL, import_keras

import_keras()
os.environ.pop(LOG_LEVEL)  # The processes that are started shall be as quiet: they import this file, too.

from architectures import ARCHITECTURES, EXTENDED  # noqa: E402
from measured_images import byte_images  # noqa: E402
from measurements import (  # noqa: E402
    additions,
    callbacks,
    exported,
    imports,
    inference,
    memory,
    scaling,
    startup,
    training,
)

from keras_cae.kinds import KINDS  # noqa: E402

MEASUREMENTS = {
    "training": training,
    "additions": additions,
    "startup": startup,
    "memory": memory,
    "inference": inference,
    "exported": exported,
    "callbacks": callbacks,
    "scaling": scaling,
    "import": imports,
}
OF_IMAGES = {"callbacks", "scaling"}
"""The measurements that draw images or enlarge them."""
PACKAGES = ("tensorflow", "keras", "torch")


def main():
    options = parse_arguments()
    print(f"{header(options)}\n", flush=True)
    for name in options.measure:
        measurement = MEASUREMENTS[name]
        print(f"## {name}\n\n{measurement.__doc__.strip()}\n", flush=True)
        rounds = options.rounds or measurement.ROUNDS
        models = [model for model in options.model if model in measurement.MODELS]
        if measurement.MODELS and not models:
            print(f"It measures none of the models that were named, but {', '.join(measurement.MODELS)}.\n")
            continue
        measurement.measure(argparse.Namespace(**{**vars(options), "rounds": rounds, "model": models}))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default="digits", help="what load_images takes")
    parser.add_argument("--rank", type=int, choices=(1, 2, 3), default=2, help="signals, images or volumes")
    parser.add_argument("--measure", nargs="+", choices=MEASUREMENTS, help="by default all")
    names = [*ARCHITECTURES, *EXTENDED]
    parser.add_argument("--model", nargs="+", choices=names, default=names)
    parser.add_argument("--rounds", type=int, help="by default as many as the measurement says")
    parser.add_argument("--images", type=int, default=8000, help="how many to take at most")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--latent-dim", type=int, default=32)
    parser.add_argument("--compiled", action="store_true", help="measure torch.compile too, which needs a C++ compiler")
    parser.add_argument(
        "--one-process", action="store_true", help="be quick, though comparisons then disturb each other"
    )
    options = parser.parse_args()
    options.measure = options.measure or [name for name in MEASUREMENTS if options.rank == 2 or name not in OF_IMAGES]
    if options.rank != 2 and OF_IMAGES & {*options.measure}:
        parser.error(f"--rank {options.rank} goes without {', '.join(sorted(OF_IMAGES))}, which are for images.")
    size = byte_images(options).shape[1:-1]
    if any(side % 4 for side in size):
        parser.error(f"the stock networks need images whose sides 4 divides, got {'×'.join(map(str, size))} pixels.")
    return options


def header(options):
    """Everything that the figures depend on."""
    count, *shape = byte_images(options).shape
    return " · ".join(
        [
            datetime.date.today().isoformat(),
            ", ".join([f"Python {platform.python_version()}", *map(version, PACKAGES)]),
            f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}",
            f"{count:,} {KINDS[options.rank].noun} of {'×'.join(map(str, shape))}",
            f"`{shlex.join(['python', *sys.argv])}`",
        ]
    )


def version(package):
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return f"no {package}"


def processor():
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
