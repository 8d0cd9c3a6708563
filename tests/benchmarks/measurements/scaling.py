"""The training time per image, depending on the size and the number of images and on the batch size.

Times are relative to the first column. Images are enlarged by repeating pixels, so that their number quadruples from
column to column, and multiplied by repeating images.
"""

from functools import partial

import numpy as np
from alone import alone
from architectures import ARCHITECTURES, compile_step, make_ours, train
from measured_images import float_images
from rounds import Times, columns, interleaved, ratios, timed, warm_up
from tables import print_table

ROUNDS = 3
MODELS = tuple(ARCHITECTURES)
ENLARGEMENTS = (1, 2, 4, 8)
COUNTS = (1 / 8, 1 / 2, 2, 8)
"""Relative to the number of given images."""
BATCH_SIZES = (16, 32, 64, 128, 256, 512)
SMALL_BATCH = 32
"""The batch size for images of different sizes, because 128 large ones would take gigabytes."""


def measure(options):
    results = [(name, alone(options, compare, name)) for name in options.model]
    for title in results[0][1]:
        print(f"### {title}\n")
        rows = [row for name, tables in results for row in both_rows(name, tables[title])]
        print_table(("model", "measured in", *results[0][1][title]), rows, labels=2)


def both_rows(name, points):
    clock, processors = columns(points.values())
    return (name, "time", *clock), (name, "processor time", *processors)


def compare(name, options):
    """Return a dictionary of the columns of each table, by its title."""
    images = float_images(options)
    model = make_ours(name, images.shape[1:], options.latent_dim)
    compile_step(model, images, options.batch_size)
    return {
        "size of the images": by_size(name, images, options),
        "number of images": by_count(model, images, options),
        "batch size": by_batch_size(model, images, options),
    }


def by_size(name, images, options):
    points = {}
    for factor in ENLARGEMENTS:
        few = images[: max(1, len(images) // 4 // factor**2)]
        large = few.repeat(factor, axis=1).repeat(factor, axis=2)
        model = make_ours(name, large.shape[1:], options.latent_dim)
        label = "×".join(map(str, large.shape[1:3]))
        points[label] = partial(per_image, len(large), train, model, large, SMALL_BATCH)
    warm_up(points)
    return relative(points, options.rounds)


def by_count(model, images, options):
    points = {}
    for fraction in COUNTS:
        count = max(1, int(len(images) * fraction))
        epochs = max(1, len(images) // count)
        several = np.resize(images, (count, *images.shape[1:]))
        arguments = (model, several, options.batch_size)
        points[f"{count:,}"] = partial(per_image, count * epochs, train, *arguments, epochs=epochs)
    # A round trains on as many images as several rounds of the other tables.
    return relative(points, max(1, options.rounds // 3))


def by_batch_size(model, images, options):
    images = images[: max(1, len(images) // 4)]
    points = {str(size): partial(per_image, len(images), train, model, images, size) for size in BATCH_SIZES}
    return relative(points, options.rounds)


def per_image(count, function, *arguments, **options):
    """Return the `Times` of a call, divided by the number of images that it trains on."""
    return Times(*(seconds / count for seconds in timed(function, *arguments, **options)))


def relative(points, rounds):
    """Return the `Ratio`s of the times of each point to those of the first one."""
    times = interleaved(points, rounds)
    first = next(iter(times.values()))
    return {label: ratios(each, first) for label, each in times.items()}
