"""How fast every architecture trains, beside the same network of stock Keras.

    python tests/benchmarks/throughput.py [FILE.npz] [--model BasicCAE] [--rounds 15]

FILE.npz holds `x_train`, images as uint8 whose sides 4 divides; without it, scikit-learn's digits are taken.
One process compares one architecture; without `--model` one is started for each. Rounds of one epoch
alternate between the two, so that both see the same machine. Prints a table in Markdown: by how much an
epoch of stock Keras takes longer, as the ratio of the medians over the rounds, with the smallest and the
largest ratio of a round; in seconds on the clock, and in seconds of computation by all processors, which
other programs on the machine disturb less. Absolute times say nothing about another machine.
"""

import argparse
import statistics
import subprocess
import sys
import time

import keras
import stock_networks

import keras_cae
from keras_cae.datasets import load_images

STOCK = {
    "BasicCAE": stock_networks.basic,
    "BatchNormPoolCAE": stock_networks.batch_norm_pool,
    "SkipConnectionCAE": stock_networks.skip_connection,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default="digits")
    parser.add_argument("--model", choices=STOCK)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--latent-dim", type=int, default=32)
    parser.add_argument("--batch-size", type=int, default=128)
    arguments = parser.parse_args()
    if arguments.model:
        print(compare(arguments), flush=True)
        return
    print(
        "| model | time, stock / ours | smallest, largest | processor time | smallest, largest |", flush=True
    )
    print("| --- | ---: | ---: | ---: | ---: |", flush=True)
    for model in STOCK:
        subprocess.run([sys.executable, *sys.argv, "--model", model], check=True)


def compare(arguments):
    images = load_images(arguments.data).images
    if images.dtype == "uint8":
        images = images.astype("float32") / 255
    ours = getattr(keras_cae.models, arguments.model)(arguments.latent_dim)
    stock = STOCK[arguments.model](images.shape[1:], arguments.latent_dim)
    ours.build(images.shape)
    assert ours.count_params() == stock.count_params()
    for model in (ours, stock):
        model.compile(optimizer="adam", loss="mse")
        epoch(model, images, arguments.batch_size)  # the first one compiles
    rounds = [
        [epoch(model, images, arguments.batch_size) for model in (ours, stock)]
        for _ in range(arguments.rounds)
    ]
    columns = [ratios([(mine[clock], theirs[clock]) for mine, theirs in rounds]) for clock in (0, 1)]
    return f"| {arguments.model} | {' | '.join(columns)} |"


def epoch(model, images, batch_size):
    """The seconds that an epoch takes, on the clock and of the processors."""
    targets = [] if isinstance(model, keras_cae.models.CAE) else [images]
    started = time.perf_counter(), time.process_time()
    model.fit(images, *targets, batch_size=batch_size, verbose=0)
    return time.perf_counter() - started[0], time.process_time() - started[1]


def ratios(rounds):
    mine, theirs = (statistics.median(column) for column in zip(*rounds, strict=True))
    each = [stock / ours for ours, stock in rounds]
    return f"{theirs / mine:.2f} | {min(each):.2f}, {max(each):.2f}"


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    main()
