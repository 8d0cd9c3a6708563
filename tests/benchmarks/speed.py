"""Measures the speed of the library, compared with stock Keras and PyTorch.

    pip install -e ".[bench]"
    python tests/benchmarks/speed.py [FILE.npz] [--measure training memory] [--model BasicCAE] [--rounds 9]
    python tests/benchmarks/speed.py --rank 3 --images 512 [--measure training]

FILE.npz contains `x_train`, images whose sides are multiples of 4; by default, scikit-learn's digits are used. With
`--rank 1` the models are measured on generated signals, with `--rank 3` on generated volumes. Prints tables in
Markdown, at least one for each file in `measurements/`, whose docstring describes the measurement.

Each comparison runs in a separate process, in which rounds alternate between the competitors, so that changes in the
load of the machine affect all of them. Ratios are those of the medians over the rounds, followed by the smallest and
the largest ratio of a round. Times are wall-clock times. Processor times are summed over all processors, and are less
affected by other programs. Absolute times are only valid for this machine.
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
os.environ.pop(LOG_LEVEL)  # child processes also import this file, and must set the log level themselves

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
"""The measurements that require images, because they draw or enlarge them."""
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
            print(f"None of the given models is measured, only {', '.join(measurement.MODELS)}.\n")
            continue
        measurement.measure(argparse.Namespace(**{**vars(options), "rounds": rounds, "model": models}))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default="digits", help="data that load_images accepts")
    parser.add_argument("--rank", type=int, choices=(1, 2, 3), default=2, help="signals, images or volumes")
    parser.add_argument("--measure", nargs="+", choices=MEASUREMENTS, help="by default all")
    names = [*ARCHITECTURES, *EXTENDED]
    parser.add_argument("--model", nargs="+", choices=names, default=names)
    parser.add_argument("--rounds", type=int, help="by default, the number that suits the measurement")
    parser.add_argument("--images", type=int, default=8000, help="maximum number of images")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--latent-dim", type=int, default=32)
    parser.add_argument("--compiled", action="store_true", help="measure torch.compile too, which needs a C++ compiler")
    parser.add_argument(
        "--one-process", action="store_true", help="run faster in a single process, where comparisons can affect others"
    )
    options = parser.parse_args()
    options.measure = options.measure or [name for name in MEASUREMENTS if options.rank == 2 or name not in OF_IMAGES]
    if options.rank != 2 and OF_IMAGES & {*options.measure}:
        parser.error(f"--rank {options.rank} does not support {', '.join(sorted(OF_IMAGES))}, which require images.")
    size = byte_images(options).shape[1:-1]
    if any(side % 4 for side in size):
        parser.error(f"the sides of the images must be multiples of 4, got {'×'.join(map(str, size))} pixels.")
    return options


def header(options):
    """Return a line with everything that affects the results."""
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
