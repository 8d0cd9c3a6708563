"""Measures how well `DenoisingCAE` removes Gaussian noise from unseen photographs.

    pip install -e ".[test]"
    python tests/benchmarks/denoising.py [DATA] [--minutes 8] [--sigma 25] [--picture FILE.png]
        [--optimizer muon] [--precision mixed_bfloat16] [--patch-size 64] [--decay linear] [--seed 0]

Trains for the given time on grey patches, with the mean squared error, while the learning rate decays to 0, from 2e-3
for Muon and from 1e-3 for Adam. Then removes the noise from whole photographs, and compares the results with those of
non-local means and, if the package is installed, of BM3D. DATA is a folder of photographs, or an `.npy` or `.npz` file
of images of the same size, of which every tenth is held out; by default, the photographs in scikit-image and
scikit-learn are used. Prints a table in Markdown: PSNR in dB, without clipping.
"""

import argparse
import math
import time
from functools import partial
from pathlib import Path

import keras
import numpy as np
import reference_denoisers
import skimage.data
import tensorflow as tf
from pictures import save_rows
from PIL import Image
from sklearn.datasets import load_sample_image
from tables import print_table

import keras_cae
from keras_cae.datasets import load_images
from keras_cae.precision import in_single_precision

STRIDE = 16
"""The distance between the training patches, in pixels."""
DECAYS = {"linear": lambda passed: 1 - passed, "cosine": lambda passed: (1 + math.cos(math.pi * passed)) / 2}
"""The shapes of the decay of the learning rate, as functions of the fraction of the time that has passed."""
OPTIMIZERS = {
    "muon": partial(keras_cae.optimizers.Muon, 2e-3),
    "adam": partial(keras.optimizers.Adam, 1e-3),
}
METHODS = ("noisy", *reference_denoisers.METHODS, "DenoisingCAE")
PICTURED = 3
DETAIL = 160
"""The maximum side in pixels of the details to draw."""
HELD_OUT = ("camera", "chelsea", "coffee", "china")
TRAINING = ("astronaut", "brick", "flower", "grass", "gravel", "motorcycle", "retina", "rocket")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?")
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--sigma", type=float, default=25, help="standard deviation of the noise, where white is 255")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--patch-size", type=int, default=64)
    parser.add_argument("--loss", default="mse")
    parser.add_argument("--decay", choices=DECAYS, default="linear")
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="muon")
    parser.add_argument("--precision", default="float32", help="the dtype policy for training, such as mixed_bfloat16")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--picture", help="draw details of three photographs into this file")
    arguments = parser.parse_args()
    training, held_out = photographs(arguments.data)
    sigma = arguments.sigma / 255
    keras.utils.set_random_seed(arguments.seed)
    noise = keras.layers.GaussianNoise(sigma)
    model = keras_cae.models.DenoisingCAE(corruption=noise, dtype=arguments.precision)
    model.compile(OPTIMIZERS[arguments.optimizer](), arguments.loss)
    schedule = DecayOverTime(arguments.minutes * 60, arguments.decay)
    train(model, patches(training, arguments.patch_size), schedule, arguments.batch_size)
    model = in_single_precision(model)
    print(f"{model.count_params():,} parameters, {schedule.steps:,} steps of {arguments.batch_size} patches\n")
    print_table(("photograph", *METHODS), rows(model, held_out, sigma))
    if arguments.picture:
        draw(arguments.picture, model, held_out, sigma)


def photographs(path):
    """Return `(training, held_out)`, dictionaries of grey images by name, floats from 0 to 1."""
    if path is None:
        return ({name: grey(bundled(name)) for name in names} for names in (TRAINING, HELD_OUT))
    images = read(Path(path))
    held_out = list(images)[::10]
    return {name: image for name, image in images.items() if name not in held_out}, {
        name: images[name] for name in held_out
    }


def bundled(name):
    if name in ("china", "flower"):
        return load_sample_image(f"{name}.jpg")
    if name == "motorcycle":
        return skimage.data.stereo_motorcycle()[0]
    return getattr(skimage.data, name)()


def read(path):
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in Image.registered_extensions())
        images = (grey(np.asarray(Image.open(file).convert("RGB"))) for file in files)
        # Different folders may contain files of the same name.
        return {str(file.relative_to(path)): image for file, image in zip(files, images, strict=True)}
    return {str(number): grey(image) for number, image in enumerate(load_images(path).images)}


def grey(image):
    """Convert an image `(height, width)` or `(height, width, channels)` to grey floats `(height, width, 1)`."""
    image = image.astype("float32") / (255 if image.dtype == "uint8" else 1)
    if image.ndim == 2:
        return image[..., None]
    return image @ np.float32([[0.299], [0.587], [0.114]]) if image.shape[-1] == 3 else image[..., :1]


def patches(images, side):
    """Return all patches of a side at a distance of `STRIDE` pixels, `(n, side, side, 1)` uint8."""
    windows = [
        np.lib.stride_tricks.sliding_window_view(image[..., 0], (side, side))[::STRIDE, ::STRIDE]
        for image in images.values()
    ]
    joined = np.concatenate([window.reshape(-1, side, side, 1) for window in windows])
    return np.round(joined * 255).astype("uint8")


def train(model, images, schedule, batch_size):
    """Train a compiled model until the schedule ends training."""
    dataset = tf.data.Dataset.from_tensor_slices(images).cache().shuffle(len(images)).repeat()
    dataset = dataset.map(flipped, num_parallel_calls=1).batch(batch_size, drop_remainder=True).prefetch(4)
    model.fit(dataset.take(1), verbose=0)  # compiles the step
    model.fit(dataset, steps_per_epoch=10**6, callbacks=[schedule], verbose=0)


def flipped(image):
    image = tf.image.random_flip_left_right(image)
    return tf.image.rot90(image, tf.random.uniform((), 0, 4, tf.int32))


class DecayOverTime(keras.callbacks.Callback):
    """Decays the learning rate to 0 within a number of seconds, then ends training, and counts the steps."""

    def __init__(self, seconds, decay="cosine"):
        super().__init__()
        self.seconds, self.decay = seconds, DECAYS[decay]
        self.steps = 0

    def on_train_begin(self, logs=None):
        self.started = time.perf_counter()
        self.highest = float(self.model.optimizer.learning_rate)

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1
        passed = min((time.perf_counter() - self.started) / self.seconds, 1.0)
        self.model.optimizer.learning_rate = self.highest * self.decay(passed)
        self.model.stop_training = passed == 1.0


def rows(model, images, sigma):
    """Yield the PSNR of each image, and the mean."""
    decibels = []
    for number, (name, image) in enumerate(images.items()):
        decibels.append([psnr(image, made) for made in versions(model, image, sigma, number)])
        yield name, *(f"{value:.2f}" for value in decibels[-1])
    yield "mean", *(f"{value:.2f}" for value in np.mean(decibels, axis=0))


def versions(model, image, sigma, seed):
    """Return the noisy image and the results of the methods, in the order of `METHODS`."""
    noisy = image + np.random.default_rng(seed).normal(0, sigma, image.shape).astype("float32")
    references = (method(noisy, sigma) for method in reference_denoisers.METHODS.values())
    return noisy, *references, model.predict(noisy[None], verbose=0)[0]


def draw(path, model, images, sigma):
    """Draw the centre of the first photographs: original, noisy, and the result of each method."""
    details = {label: [] for label in ("original", *METHODS)}
    pictured = list(images.values())[:PICTURED]
    detail = min(DETAIL, *(side for image in pictured for side in image.shape[:2]))
    for number, image in enumerate(pictured):
        top, left = ((side - detail) // 2 for side in image.shape[:2])
        for label, made in zip(details, (image, *versions(model, image, sigma, number)), strict=True):
            details[label].append(made[top : top + detail, left : left + detail])
    save_rows(path, {label: np.stack(made) for label, made in details.items()}, zoom=1)


def psnr(image, made):
    return -10 * math.log10(np.mean((image - made) ** 2))


if __name__ == "__main__":
    main()
