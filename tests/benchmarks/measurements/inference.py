"""The speed of reconstructing, encoding and scoring images, compared with stock Keras.

Ratios compare images per second with those of stock Keras, and with `predict` of the same model. Scoring is `evaluate`,
which reconstructs images and computes the error.
"""

from functools import partial

import keras
from alone import alone
from architectures import ARCHITECTURES, make_ours, make_stock, with_targets
from measured_images import float_images
from rounds import interleaved, medians, ratios, timed, warm_up
from tables import print_table

ROUNDS = 7
MODELS = tuple(ARCHITECTURES)
COLUMNS = ("model", "what", "images a second", "ours / stock", "processor time, stock / ours", "/ predict")


def measure(options):
    rows = (row for name in options.model for row in alone(options, compare, name))
    print_table(COLUMNS, rows, labels=2)


def compare(name, options):
    """Return the rows of a model."""
    images = float_images(options)
    ours, stock = (make(name, images.shape[1:], options.latent_dim) for make in (make_ours, make_stock))
    ours.build(images.shape)
    stock_encoder = keras.Model(stock.input, stock.get_layer("code").output)
    arguments = {"batch_size": options.batch_size}
    quiet = {**arguments, "verbose": 0}
    competitors = {
        ("predict", "ours"): partial(timed, ours.predict, images, **quiet),
        ("predict", "stock"): partial(timed, stock.predict, images, **quiet),
        ("encode", "ours"): partial(timed, ours.encode, images, **arguments),
        ("encode", "stock"): partial(timed, stock_encoder.predict, images, **quiet),
        ("score", "ours"): partial(timed, ours.evaluate, *with_targets(ours, images), **quiet),
        ("score", "stock"): partial(timed, stock.evaluate, *with_targets(stock, images), **quiet),
    }
    warm_up(competitors)
    times = interleaved(competitors, options.rounds)
    return [row(name, what, times, len(images)) for what in ("predict", "encode", "score")]


def row(name, what, times, count):
    mine = times[what, "ours"]
    rate = round(count / medians(mine).clock)
    return (
        name,
        what,
        f"{rate:,}",
        *ratios(times[what, "stock"], mine),
        ratios(times["predict", "ours"], mine)[0],
    )
