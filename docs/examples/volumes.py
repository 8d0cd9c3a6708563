"""Volumes: reconstruct patches of a magnetic resonance image of a head, and denoise it.

    pip install -e ".[examples]"
    python docs/examples/volumes.py

Prints the tables of the page "Volumes" and writes its figures to the folder `volumes`.
"""

import argparse
import resource
from pathlib import Path

import keras
import nibabel
import numpy as np
from PIL import Image
from scipy import ndimage
from sklearn.decomposition import PCA

import keras_cae
from keras_cae.drawing.image_grid import draw_image_grid
from keras_cae.drawing.reconstructions import draw_reconstructions

PATCH, STEP = (8, 16, 16), (2, 4, 4)
NOISE = 0.05
BACKGROUND = 0.05
"""The mean below which a patch is considered to be air."""


def table(header: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table."""
    for row in (header, ["---", *["---:"] * (len(header) - 1)], *rows):
        print("| " + " | ".join(row) + " |")
    print()


def head() -> tuple[np.ndarray, np.ndarray]:
    """Return the two halves of nibabel's example, 24×96×128 voxels scaled to [0, 1], for training and testing."""
    path = Path(nibabel.__file__).parent / "tests" / "data" / "example4d.nii.gz"
    volume = np.asarray(nibabel.load(path).dataobj[..., 0], "float32").transpose(2, 1, 0)
    volume = np.clip(volume / np.quantile(volume, 0.999), 0, 1)
    middle = volume.shape[2] // 2
    return volume[:, :, :middle], volume[:, :, middle:]


def patches(volume: np.ndarray) -> np.ndarray:
    """Return the patches `(n, 8, 16, 16, 1)` of a volume that are not air."""
    every = np.lib.stride_tricks.sliding_window_view(volume, PATCH)[tuple(slice(None, None, step) for step in STEP)]
    every = every.reshape(-1, *PATCH, 1)
    return every[every.mean(axis=(1, 2, 3, 4)) > BACKGROUND]


def fitted(model: keras.Model, volumes: np.ndarray, epochs: int, loss: str = "mse") -> keras.Model:
    """Train a model with a learning rate that decays to 0."""
    rate = keras.optimizers.schedules.CosineDecay(3e-3, epochs * -(-len(volumes) // 32))
    model.compile(optimizer=keras.optimizers.Adam(rate), loss=loss, metrics=[keras_cae.metrics.PSNR()])
    model.fit(volumes, batch_size=32, epochs=epochs, verbose=0)
    return model


def quality(true: np.ndarray, other: np.ndarray) -> list[str]:
    """Return the peak signal-to-noise ratio and the structural similarity of volumes with values in [0, 1]."""
    ssim = keras_cae.metrics.SSIM()
    ssim.update_state(true, other)
    return [f"{-10 * np.log10(np.mean(np.square(true - other))):.1f}", f"{float(ssim.result()):.3f}"]


def reconstruct(epochs: int, folder: Path) -> None:
    """Compare a convolutional autoencoder with PCA at the same code size on patches."""
    train, test = (patches(half) for half in head())
    # A head is nearly symmetric, so mirrored patches resemble those of the other half.
    train = np.concatenate([train, train[:, :, :, ::-1]])
    print(f"{len(train)} patches of 8×16×16 voxels for training, {len(test)} of the other half for testing\n")
    rows = []
    for latent_dim in (16, 64):
        # The distance between slices is large, so halve the depth once and the other axes twice.
        model = keras_cae.models.BasicCAE(
            latent_dim,
            rank=3,
            filters=(16, 32, 32),
            strides=((1, 2, 2), 2),
            activation="silu",
            output_activation="linear",
        )
        fitted(model, train, epochs)
        pca = PCA(latent_dim, random_state=0).fit(train.reshape(len(train), -1))
        linear = pca.inverse_transform(pca.transform(test.reshape(len(test), -1))).reshape(test.shape)
        rows += [
            [f"BasicCAE, {latent_dim} numbers", *quality(test, model.predict(test, verbose=0))],
            [f"PCA, {latent_dim} components", *quality(test, linear.astype("float32"))],
        ]
        if latent_dim == 64:
            picture = draw_reconstructions(model, test[:: len(test) // 6][:6])
            Image.fromarray(picture).save(folder / "volumes_reconstructions.png")
    table(["model", "PSNR, dB", "SSIM"], rows)


def denoise(epochs: int, folder: Path) -> None:
    """Remove noise from the test half of the head in a single prediction."""
    train, test = head()
    test = test[None, ..., None]
    noisy = test + np.random.default_rng(1).normal(0, NOISE, test.shape).astype("float32")
    model = keras_cae.models.DenoisingCAE(filters=(16, 32), rank=3, corruption=keras.layers.GaussianNoise(NOISE))
    fitted(model, patches(train), epochs, loss="mae")
    clean = model.predict(noisy, verbose=0)
    # Use the best width for this volume, which is unknown in practice.
    smoothed = [ndimage.gaussian_filter(noisy, (0, sigma, sigma, sigma, 0)) for sigma in (0.3, 0.4, 0.5, 0.6, 0.7)]
    best = min(smoothed, key=lambda volume: np.square(volume - test).mean())
    table(
        ["method", "PSNR, dB", "SSIM"],
        [
            ["noisy", *quality(test, noisy)],
            ["Gaussian filter", *quality(test, best)],
            ["DenoisingCAE", *quality(test, clean)],
        ],
    )
    rows = {"original": test, "noisy": np.clip(noisy, 0, 1), "denoised": clean}
    Image.fromarray(draw_image_grid(rows)).save(folder / "volumes_denoised.png")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=40)
    options = parser.parse_args()
    folder = Path("volumes")
    folder.mkdir(exist_ok=True)
    keras.utils.set_random_seed(0)
    reconstruct(options.epochs, folder)
    denoise(max(1, 3 * options.epochs // 10), folder)
    print(f"Peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GB")


if __name__ == "__main__":
    main()
