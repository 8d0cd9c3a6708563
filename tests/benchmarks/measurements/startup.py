"""The time until the first training step is complete.

This includes creating and compiling the model, training on one batch and the initialization of TensorFlow, but neither
imports nor loading the data.
"""

from functools import partial

from alone import alone
from architectures import ARCHITECTURES, MAKERS, train
from measured_images import float_images
from rounds import interleaved, medians, ratios, timed
from tables import print_table

ROUNDS = 3
MODELS = tuple(ARCHITECTURES)
COLUMNS = ("model", "ours, s", "stock Keras, s", "stock / ours", "processor time, stock / ours")


def measure(options):
    print_table(COLUMNS, (compare(name, options) for name in options.model))


def compare(name, options):
    """Return the row of a model."""
    competitors = {by: partial(alone, options, first_step, by, name) for by in MAKERS}
    ours, stock = interleaved(competitors, options.rounds).values()
    return (name, medians(ours).clock, medians(stock).clock, *ratios(stock, ours))


def first_step(by, name, options):
    batch = float_images(options)[: options.batch_size]

    def start():
        model = MAKERS[by](name, batch.shape[1:], options.latent_dim)
        train(model, batch, options.batch_size)

    return timed(start)
