"""The speed of reconstructing, encoding and scoring images, compared with stock Keras.

Ratios compare images per second with those of stock Keras, and with `predict` of the same model. "score" is `evaluate`,
which reconstructs images and computes the error. "detect" is `AnomalyDetector.predict` without maps, with the default
score. "one image" calls a method with single images, one after another.
"""

from functools import partial

import keras
from alone import alone
from architectures import ARCHITECTURES, make_ours, make_stock, with_targets
from measured_images import float_images
from rounds import interleaved, medians, ratios, timed, warm_up
from tables import print_table

from keras_cae.anomaly import AnomalyDetector

ROUNDS = 7
SINGLE = ("predict, one image", "encode, one image")
ONE_BY_ONE = 20
"""The number of single images."""
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
    detector = AnomalyDetector(ours).calibrate(images[:256])
    competitors["detect", "ours"] = partial(timed, detector.predict, images, maps=False, **arguments)
    single = {
        (SINGLE[0], "ours"): partial(ours.predict, verbose=0),
        (SINGLE[0], "stock"): partial(stock.predict, verbose=0),
        (SINGLE[1], "ours"): ours.encode,
        (SINGLE[1], "stock"): partial(stock_encoder.predict, verbose=0),
    }
    for name_and_by, method in single.items():
        competitors[name_and_by] = partial(timed, one_by_one, method, images[:ONE_BY_ONE])
    warm_up(competitors)
    times = interleaved(competitors, options.rounds)
    counts = {
        **dict.fromkeys(("predict", "encode", "score", "detect"), len(images)),
        **dict.fromkeys(SINGLE, ONE_BY_ONE),
    }
    return [row(name, what, times, count) for what, count in counts.items()]


def one_by_one(method, images):
    for number in range(len(images)):
        method(images[number : number + 1])


def row(name, what, times, count):
    mine = times[what, "ours"]
    rate = round(count / medians(mine).clock)
    stock = ratios(times[what, "stock"], mine) if (what, "stock") in times else ("–", "–")
    relative = "–" if what in SINGLE else ratios(times["predict", "ours"], mine)[0]
    return (name, what, f"{rate:,}", *stock, relative)
