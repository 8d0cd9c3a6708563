"""The time of an epoch of training, compared with that of the two networks alone.

This measures the cost of the penalty, the discriminator, the codebook or the mask, in models without a counterpart in
stock Keras. The networks alone are the same encoder and decoder in sequence, trained by stock Keras to reconstruct.
"""

from functools import partial

import keras
from alone import alone
from architectures import EXTENDED, make_ours, train
from measured_images import float_images
from rounds import interleaved, medians, ratios, timed, warm_up
from tables import print_table

ROUNDS = 7
MODELS = EXTENDED
COLUMNS = ("model", "time, s", "/ networks alone", "processor time, s", "/ networks alone")


def measure(options):
    print_table(COLUMNS, (alone(options, compare, name) for name in options.model))


def compare(name, options):
    """Return the row of a model."""
    images = float_images(options)
    model, donor = (make_ours(name, images.shape[1:], options.latent_dim) for _ in range(2))
    donor.build(images.shape)
    networks = keras.Sequential([donor.encoder, donor.decoder])
    networks.compile(optimizer="adam", loss="mse")
    competitors = {
        "model": partial(timed, train, model, images, options.batch_size),
        "networks": partial(timed, train, networks, images, options.batch_size),
    }
    warm_up(competitors)
    ours, theirs = interleaved(competitors, options.rounds).values()
    clock, processors = medians(ours)
    clock_ratio, processors_ratio = ratios(ours, theirs)
    return (name, clock, clock_ratio, processors, processors_ratio)
