"""Measures how fast images are read from files, decoded, resized and batched.

    pip install -e ".[bench]"
    python tests/benchmarks/data.py [FOLDER] [--images 20000] [--size 128] [--rounds 5] [--page-cache warm cold]
        [--formats JPEG PNG]

FOLDER contains photographs, from which random crops are written as JPEG and as PNG files; by default, the two
photographs in scikit-learn are used. All competitors read an epoch of batches of the same size from these files:
`stream_images` from the folder, from shards with the files, from shards with resized pixels, and from a cache;
`keras.utils.image_dataset_from_directory`; and Grain and PyTorch's `DataLoader` with Pillow, if they are installed.
Rounds alternate between them. Prints a table in Markdown with one row per competitor, format and state of the page
cache. The ratio compares the images per second with those of `stream_images` from the folder, followed by the smallest
and the largest ratio of a round.

With `--page-cache cold`, the system is asked to drop the files from its cache before each epoch, so that they are read
from disk.
"""

import argparse
import importlib.util
import os
import shutil
import statistics
import tempfile
from functools import partial
from pathlib import Path

from keras_cae.cli.quiet_start import import_keras

import_keras()

import keras  # noqa: E402
import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402
from rounds import interleaved, ratio, timed, warm_up  # noqa: E402
from tables import print_table  # noqa: E402

from keras_cae.datasets import pack, stream_images  # noqa: E402

FORMATS = {"JPEG": ".jpg", "PNG": ".png"}
COLUMNS = ("format", "page cache", "competitor", "images/s", "× stream_images")
FOLDERS = 100
"""The number of folders over which the files are distributed."""


def main():
    options = parse_arguments()
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        print_table(COLUMNS, rows(Path(scratch), options), labels=3)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", help="a folder of photographs")
    parser.add_argument("--images", type=int, default=20_000, help="files to write")
    parser.add_argument("--stored-size", type=int, nargs=2, default=(256, 320), help="height and width of the files")
    parser.add_argument("--size", type=int, default=128, help="side of the images in batches")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes of Grain and PyTorch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--page-cache", nargs="+", choices=("warm", "cold"), default=["warm"])
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--scratch", help="where to write the files")
    return parser.parse_args()


def rows(scratch, options):
    photographs = load_photographs(options)
    for name in options.formats:
        folder = scratch / name
        write_parts(photographs, folder, FORMATS[name], options)
        competitors = make_competitors(folder, scratch, options)
        warm_up(competitors)
        for state in options.page_cache:
            epochs = {each: partial(epoch, make, folder, state) for each, make in competitors.items()}
            measured = interleaved(epochs, options.rounds)
            ours = measured["stream_images"]
            for competitor, seconds in measured.items():
                speed = f"{options.images / statistics.median(seconds):,.0f}"
                yield name, state, competitor, speed, ratio(ours, seconds)
        shutil.rmtree(folder)


def epoch(make, folder, page_cache):
    """Return the seconds that an epoch takes."""
    if page_cache == "cold":
        forget(folder.parent)
    return timed(make).clock


def load_photographs(options):
    """Return photographs as arrays that are large enough to crop."""
    if options.data is None:
        from sklearn.datasets import load_sample_images

        return load_sample_images().images
    height, width = options.stored_size
    paths = [path for path in Path(options.data).rglob("*") if path.suffix.lower() in (".jpg", ".png")]
    images = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(paths)[:200]]
    return [image for image in images if image.shape[0] >= height and image.shape[1] >= width]


def write_parts(photographs, folder, suffix, options):
    """Write random crops of the photographs, half of them mirrored."""
    generator = np.random.default_rng(0)
    for number in range(options.images):
        photograph = photographs[number % len(photographs)]
        top, left = (
            generator.integers(side - part + 1)
            for side, part in zip(photograph.shape, options.stored_size, strict=False)
        )
        part = photograph[top : top + options.stored_size[0], left : left + options.stored_size[1]]
        path = folder / str(number % FOLDERS) / f"{number}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(part[:, :: -1 if number % 2 else 1]).save(path)


def make_competitors(folder, scratch, options):
    """Return functions that read all batches of an epoch, by their names."""
    size, batch_size = options.size, options.batch_size
    common = {"batch_size": batch_size, "image_size": size, "seed": 0}
    files, pixels = scratch / f"{folder.name}-files-{{shard}}.tfrecord", scratch / f"{folder.name}-{{shard}}.tfrecord"
    pack(folder, files)
    pack(folder, pixels, image_size=size)
    streams = {
        "stream_images": stream_images(folder, **common),
        "stream_images, packed files": stream_images(files, **common),
        "stream_images, packed pixels": stream_images(pixels, **common),
        "stream_images, cache": stream_images(folder, cache=scratch / f"{folder.name}.cache", **common),
        "image_dataset_from_directory": keras.utils.image_dataset_from_directory(
            folder, labels=None, image_size=(size, size), batch_size=batch_size, seed=0, verbose=False
        ),
    }
    competitors = {name: partial(take, dataset) for name, dataset in streams.items()}
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    if importlib.util.find_spec("grain"):
        competitors["Grain, Pillow"] = partial(take_from_grain, paths, options)
    if importlib.util.find_spec("torch"):
        competitors["PyTorch DataLoader, Pillow"] = partial(take_from_torch, paths, options)
    return competitors


def take(batches):
    for _ in batches:
        pass


class Decoded:
    """Resized images in files, as a data source for Grain and PyTorch."""

    def __init__(self, paths, size):
        self.paths, self.size = paths, size

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        with Image.open(self.paths[index]) as image:
            return np.asarray(image.convert("RGB").resize((self.size, self.size), Image.Resampling.BILINEAR))


def take_from_grain(paths, options):
    import grain.python as grain

    sampler = grain.IndexSampler(len(paths), shuffle=True, seed=0, num_epochs=1, shard_options=grain.NoSharding())
    batches = grain.DataLoader(
        data_source=Decoded(paths, options.size),
        sampler=sampler,
        operations=[grain.Batch(options.batch_size)],
        worker_count=options.workers,
    )
    take(batches)


def take_from_torch(paths, options):
    from torch.utils.data import DataLoader

    dataset = Decoded(paths, options.size)
    # Forked workers would hang, because TensorFlow has started threads.
    started = {"num_workers": options.workers, "multiprocessing_context": "spawn"}
    take(DataLoader(dataset, options.batch_size, shuffle=True, **started))


def forget(folder):
    """Ask the system to drop the files of a folder from its cache."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


if __name__ == "__main__":
    main()
