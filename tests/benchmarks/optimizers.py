"""Compares optimizers by the reconstructions after a number of epochs.

    python tests/benchmarks/optimizers.py mnist.npz [--epochs 12] [--model BasicCAE ...] [--seeds 1]

Trains models with codes of 32 numbers with the mean squared error, in batches of 128, while the learning rate decays to
0 along a cosine. Prints a table in Markdown: the mean PSNR of the test images, and the seconds of training, each
averaged over the seeds.
"""

import argparse
import statistics

import keras
from rounds import timed
from tables import print_table

import keras_cae
from keras_cae.datasets import load_images

OPTIMIZERS = {"Adam": keras.optimizers.Adam, "Muon": keras_cae.optimizers.Muon}
LEARNING_RATES = {"Adam": (1e-3, 2e-3), "Muon": (2e-3, 4e-3)}
BATCH_SIZE = 128


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--model", nargs="+", default=["BasicCAE", "ResidualCAE"])
    parser.add_argument("--latent-dim", type=int, default=32)
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    data = load_images(arguments.data)
    print_table(("model", "optimizer", "learning rate", "PSNR, dB", "seconds"), rows(data, arguments), labels=2)


def rows(data, arguments):
    for model in arguments.model:
        for optimizer, rates in LEARNING_RATES.items():
            for rate in rates:
                results = [trained(model, optimizer, rate, seed, data, arguments) for seed in range(arguments.seeds)]
                quality, seconds = (statistics.mean(column) for column in zip(*results, strict=True))
                yield f"`{model}`", optimizer, f"{rate:g}", f"{quality:.2f}", f"{seconds:.0f}"


def trained(name, optimizer, rate, seed, data, arguments):
    """Return the PSNR of the test images and the seconds of training."""
    keras.utils.set_random_seed(seed)
    model = getattr(keras_cae.models, name)(arguments.latent_dim)
    steps = arguments.epochs * -(-len(data.images) // BATCH_SIZE)
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
    model.compile(OPTIMIZERS[optimizer](schedule), "mse", metrics=["psnr"])
    seconds = timed(model.fit, data.images, epochs=arguments.epochs, batch_size=BATCH_SIZE, verbose=0).clock
    return model.evaluate(data.test_images, verbose=0, return_dict=True)["psnr"], seconds


if __name__ == "__main__":
    main()
