"""Measures how well `BlindSpotCAE` removes noise from photographs without training on clean ones.

    pip install -e ".[test]"
    python tests/benchmarks/blind_spots.py [DATA] [--minutes 8] [--sigma 25] [--peak 30] [--variant NAME ...]
        [--optimizer muon]

The noise is drawn once for each photograph, before training, and never clipped: with new noise in every epoch, the
network would see clean images on average. With `--peak`, there is Poisson noise as well. Trains for the given time on
random patches of the noisy photographs, with the mean squared error and a cosine decay of the learning rate from 2e-3
to 0. Then removes the noise from whole photographs: from the training photographs, as in practice, and from held-out
ones. The results are compared with those of non-local means and, if the package is installed, of BM3D, which know the
strength of the noise. DATA is as in denoising.py. Prints a table in Markdown: the mean PSNR in dB, without clipping.
"""

import argparse
import math

import keras
import numpy as np
import reference_denoisers
from denoising import DecayOverTime, photographs, psnr
from tables import print_table

import keras_cae

PATCH = 64
BATCH = 8
LEARNING_RATE = 2e-3
OPTIMIZERS = {"adam": keras.optimizers.Adam, "muon": keras_cae.optimizers.Muon}
TRAINED_ON = 12
"""The number of training photographs to measure."""
N2V = {"replacement": "uniform", "outermost_skip": True, "blurred_pooling": False}
N2V2 = {"replacement": "median", "outermost_skip": False, "blurred_pooling": True}
VARIANTS = {
    "default": {},
    "masking": {"method": "masking"},
    "as N2V": {**N2V, "ratio": 1 / 484},
    "as N2V2": {**N2V2, "ratio": 1 / 484},
    "a pixel in 64": {"ratio": 1 / 64},
    "a pixel in 4": {"ratio": 1 / 4},
    "uniform": {"replacement": "uniform"},
    "mean": {"replacement": "mean"},
    "no outermost skip": {"outermost_skip": False},
    "blurred pooling": {"blurred_pooling": True},
    "half precision": {"dtype": "mixed_bfloat16"},
}
"""The arguments of the model in each variant."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?")
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--sigma", type=float, default=25, help="standard deviation of the noise, where white is 255")
    parser.add_argument("--peak", type=float, help="photon count of white, for Poisson noise")
    parser.add_argument("--variant", nargs="+", choices=VARIANTS, default=["default"])
    parser.add_argument("--batch-size", type=int, default=BATCH)
    parser.add_argument("--patch-size", type=int, default=PATCH)
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="muon")
    parser.add_argument("--learning-rate", type=float, default=LEARNING_RATE)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    sigma = arguments.sigma / 255
    parts = enumerate(photographs(arguments.data))
    training, held_out = (with_noise(part, sigma, arguments.peak, seed) for seed, part in parts)
    shown = (training[:TRAINED_ON], held_out)
    rows = [row("noisy", "", shown, lambda image: image)]
    rows += [
        row(name, "", shown, told_strength(method, sigma, arguments.peak))
        for name, method in reference_denoisers.METHODS.items()
    ]
    for name in arguments.variant:
        model, steps = trained([image for _, image in training], VARIANTS[name], arguments)
        rows.append(row(name, f"{steps:,}", shown, denoised(model)))
    print_table(("method", "steps", "trained on", "held out"), rows)


def row(name, steps, shown, method):
    """Return a row of the table: the mean PSNR of a method for each part of the photographs."""
    return name, steps, *(f"{quality(pairs, method):.2f}" for pairs in shown)


def with_noise(images, sigma, peak, seed):
    """Return pairs of clean and noisy photographs."""
    return [(image, noisy(image, sigma, peak, (seed, number))) for number, image in enumerate(images.values())]


def noisy(image, sigma, peak, seed):
    random = np.random.default_rng(seed)
    seen = image if peak is None else (random.poisson(image * peak) / peak).astype("float32")
    return seen + random.normal(0, sigma, image.shape).astype("float32")


def trained(images, variant, arguments):
    """Train the model of a variant for the given time, and return it with the number of steps."""
    keras.utils.set_random_seed(arguments.seed)
    model = keras_cae.models.BlindSpotCAE(seed=arguments.seed, normalizer=normalizer(images), **variant)
    model.compile(OPTIMIZERS[arguments.optimizer](arguments.learning_rate), "mse")
    data = Patches(images, arguments.patch_size, arguments.batch_size, arguments.seed)
    model.fit(data.pool(), steps_per_epoch=1, verbose=0)  # compiles the step
    schedule = DecayOverTime(arguments.minutes * 60)
    model.fit(data.pool(), steps_per_epoch=10**6, callbacks=[schedule], verbose=0)
    return model, schedule.steps


def normalizer(images):
    """Return a normalizer adapted to all pixels of images of different sizes."""
    pixels = np.concatenate([image.ravel() for image in images])
    return keras.layers.Normalization(mean=pixels.mean(), variance=pixels.var())


class Patches:
    """Random patches, flipped and rotated, of photographs of different sizes, chosen with equal probability."""

    def __init__(self, images, side, batch_size, seed):
        self.images, self.side, self.batch_size = images, side, batch_size
        self.random = np.random.default_rng(seed)

    def pool(self):
        while True:
            yield np.stack([self.patch() for _ in range(self.batch_size)])

    def patch(self):
        image = self.images[self.random.integers(len(self.images))]
        top, left = (self.random.integers(0, side - self.side + 1) for side in image.shape[:2])
        patch = image[top : top + self.side, left : left + self.side]
        patch = np.rot90(patch, self.random.integers(4))
        return patch[:, ::-1] if self.random.integers(2) else patch


def told_strength(method, sigma, peak):
    """Return a method for a known noise level: the standard deviation, averaged over the pixels of an image."""

    def denoise(image):
        return method(image, math.sqrt(sigma**2 + (0 if peak is None else max(image.mean(), 0) / peak)))

    return denoise


def denoised(model):
    return lambda image: model.predict(image[None], verbose=0)[0]


def quality(pairs, method):
    """Return the mean PSNR of a method, in dB."""
    return np.mean([psnr(clean, method(image)) for clean, image in pairs])


if __name__ == "__main__":
    main()
