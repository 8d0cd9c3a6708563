"""Trains the presets that denoise photographs, and compares them with BM3D.

    python tests/benchmarks/photographs.py FOLDER
    pip install bm3d
    python tests/benchmarks/train_presets.py FOLDER [--minutes 60] [--out keras_cae/presets] [--kind grey colour]

Trains one `DenoisingCAE` for grey and one for colour photographs, each for the given time, to remove Gaussian noise
with a standard deviation σ of up to 55, mostly of 10 to 30. Training uses random patches of 64×64 pixels, and Muon with
a linear decay of the learning rate from 2e-3 to 0. The loss is the logarithm of the mean squared error of each patch,
so that weak noise counts as much as strong noise. The models are saved in float32, whatever the precision of training.
Every fifteenth photograph is held out. On these, the models are compared by PSNR with BM3D, which knows σ; both get the
same noise, and nothing is clipped. Writes the presets, with the results and the sources of the photographs in their
README.md, and prints the table. Presets that are below BM3D at σ = 25, or were not compared, are written only with
--worse-too.
"""

import argparse
import json
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from denoising import DecayOverTime, psnr
from PIL import Image
from reference_denoisers import METHODS
from tables import print_table

import keras_cae

CHANNELS = {"grey": 1, "colour": 3}
SIGMAS = (15, 25, 50)
STRONGEST = 55
SHARE, COMMON = 0.5, (10, 30)
"""The share of the patches whose noise has a σ in this range, and the range. Otherwise, it is up to `STRONGEST`."""
DECIDING = 25
"""The σ at which a preset must not be below BM3D."""
PATCH, BATCH = 64, 8
FLOOR = (2 / 255) ** 2
"""An error so small that reducing it further does not matter."""
HELD_OUT = 15
"""One in this number of photographs is held out."""
MOST_BYTES = 3_000_000
TO_GREY = np.float32([[0.299], [0.587], [0.114]])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the folder written by photographs.py")
    parser.add_argument("--minutes", type=float, default=60, help="training time of each model")
    parser.add_argument("--out", type=Path, default=Path("presets"))
    parser.add_argument("--kind", nargs="+", choices=CHANNELS, default=list(CHANNELS))
    parser.add_argument("--filters", nargs="+", type=int, default=[32, 64, 128])
    parser.add_argument("--start", type=Path, help="a folder of presets with the initial weights")
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--precision", default="float32", help="the dtype policy for training, such as mixed_bfloat16")
    parser.add_argument("--most", type=int, help="maximum number of held-out photographs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--worse-too", action="store_true", help="write presets that are below BM3D, or not compared")
    arguments = parser.parse_args()
    for kind in arguments.kind:
        make(kind, arguments)


def make(kind, arguments):
    """Train, measure and write a model."""
    training, held_out = photographs(arguments.folder, CHANNELS[kind])
    held_out = held_out[: arguments.most]
    keras.utils.set_random_seed(arguments.seed)
    trained = keras_cae.models.DenoisingCAE(filters=arguments.filters, dtype=arguments.precision)
    trained.build((None, None, None, CHANNELS[kind]))
    if arguments.start:
        earlier = keras_cae.models.DenoisingCAE.from_preset(arguments.start / f"photographs-{kind}")
        trained.set_weights(earlier.get_weights())
    steps = train(trained, training, CHANNELS[kind], arguments)
    model = finished(trained, training)
    print(f"\n{kind}: {model.count_params():,} parameters, {steps:,} steps, {len(training)} photographs\n")
    header = ("σ", "noisy", "BM3D", "DenoisingCAE")
    rows = [(sigma, *quality(model, held_out, sigma / 255)) for sigma in SIGMAS]
    table = [(str(sigma), *(f"{value:.2f}" for value in values)) for sigma, *values in rows]
    print_table(header, table)
    (_, _, bm3d, ours) = next(row for row in rows if row[0] == DECIDING)
    if not (ours >= bm3d or arguments.worse_too):
        below = f"{bm3d - ours:.2f} dB below BM3D" if bm3d > ours else "not compared with BM3D, which is not installed"
        print(f"\nNot written: at σ = {DECIDING} it is {below}.")
        return
    out = arguments.out / f"photographs-{kind}"
    model.save_to_preset(out, description=described(kind, header, table, arguments.folder, len(held_out)))
    size = (out / "model.weights.h5").stat().st_size
    print(f"\nWritten to {out}, {size / 1e6:.2f} MB")
    if size > MOST_BYTES:
        raise SystemExit(f"The weights take more than {MOST_BYTES / 1e6:g} MB. Use smaller --filters.")


def photographs(folder, channels):
    """Return `(training, held_out)`, lists of uint8 images `(height, width, channels)`."""
    images = []
    for path in sorted(folder.rglob("*.png")):
        with Image.open(path) as opened:
            image = np.asarray(opened.convert("RGB"))
        images.append(image if channels == 3 else np.rint(image @ TO_GREY).astype("uint8"))
    order = np.random.default_rng(0).permutation(len(images))
    every = [images[index] for index in order]
    return [image for number, image in enumerate(every) if number % HELD_OUT], every[::HELD_OUT]


def train(model, images, channels, arguments):
    """Train for the given time, and return the number of steps."""
    shape = tf.TensorSpec((BATCH, PATCH, PATCH, channels), tf.float32)
    dataset = tf.data.Dataset.from_generator(lambda: batches(images, arguments.seed), output_signature=(shape, shape))
    model.compile(keras_cae.optimizers.Muon(arguments.learning_rate), log_of_error)
    model.fit(dataset.take(1), verbose=0)  # compiles the step
    schedule = DecayOverTime(arguments.minutes * 60, "linear")
    model.fit(dataset.prefetch(4), steps_per_epoch=10**7, callbacks=[schedule], verbose=0)
    return schedule.steps


def finished(trained, images):
    """Return a copy of a model in float32, with the corruption and the type of images for which it was trained."""
    noise = keras_cae.layers.RandomGaussianNoise(0.0, STRONGEST / 255, seed=0)
    model = keras_cae.models.DenoisingCAE(filters=trained.filters, corruption=noise, name="denoising_cae")
    model.build(trained.built_shape)
    model.set_weights(trained.get_weights())
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.fit(images[0][None], verbose=0)  # the model remembers the type and the range of the images
    return model


def log_of_error(targets, outputs):
    """Return the logarithm of the mean squared error of each image."""
    return keras.ops.log(keras.ops.mean(keras.ops.square(targets - outputs), axis=(1, 2, 3)) + FLOOR)


def batches(images, seed):
    """Yield batches of noisy and clean random patches, flipped and rotated, endlessly."""
    random = np.random.default_rng(seed)
    while True:
        clean = np.stack([patch(images[random.integers(len(images))], random) for _ in range(BATCH)])
        clean = clean.astype("float32") / 255
        common, any_strength = (random.uniform(*limits, BATCH) for limits in (COMMON, (0, STRONGEST)))
        sigmas = np.where(random.random(BATCH) < SHARE, common, any_strength)
        noise = random.standard_normal(clean.shape, "float32") * (sigmas.astype("float32") / 255)[:, None, None, None]
        yield clean + noise, clean


def patch(image, random):
    top, left = (random.integers(side - PATCH + 1) for side in image.shape[:2])
    turned = np.rot90(image[top : top + PATCH, left : left + PATCH], random.integers(4))
    return turned[:, ::-1] if random.integers(2) else turned


def quality(model, images, sigma):
    """Return the mean PSNR of noisy images, of BM3D (NaN if it is not installed) and of the model."""
    decibels = []
    for number, image in enumerate(images):
        clean = image.astype("float32") / 255
        noisy = clean + np.random.default_rng(number).normal(0, sigma, clean.shape).astype("float32")
        reference = METHODS["BM3D"](noisy, sigma) if "BM3D" in METHODS else np.full_like(noisy, np.nan)
        made = (noisy, reference, model.predict(noisy[None], verbose=0)[0])
        decibels.append([psnr(clean, each) for each in made])
    return np.mean(decibels, axis=0)


def described(kind, header, table, folder, held_out):
    """Return the description of a preset in Markdown."""
    lines = [
        f"Removes noise of any strength up to σ = {STRONGEST} (white is 255) from {kind} photographs of any size.",
        "",
        f"Decibels of PSNR, on average over {held_out} photographs that it was not trained on, beside BM3D, which is "
        "told σ:",
        "",
        f"| {' | '.join(header)} |",
        f"| {' | '.join(['---:'] * len(header))} |",
        *(f"| {' | '.join(row)} |" for row in table),
        "",
        "Trained by `tests/benchmarks/train_presets.py` on photographs out of these packages of Debian, reduced to 640 "
        "pixels or less:",
        "",
        *sources(folder),
    ]
    return "\n".join(lines)


def sources(folder):
    """Yield lines about the sources of the photographs."""
    file = folder / "sources.json"
    for package, source in (json.loads(file.read_text()) if file.exists() else {}).items():
        kept = source["photographs"]
        yield f"- `{package}` {source['version']}: {len(kept)} photographs. Licences in the package: " + (
            ", ".join(source["licences"]) + "."
        )
        for photograph in kept.values():
            if photograph.get("licence"):
                yield f"  - `{photograph['file']}`: {photograph['author']}; {photograph['licence']}"


if __name__ == "__main__":
    main()
