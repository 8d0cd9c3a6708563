"""Signals: reconstruct windows of an ECG, denoise it, and detect anomalous steps in a series with a daily cycle.

    pip install -e ".[examples]"
    python docs/examples/signals.py

Prints the tables of the page "Signals" and writes its figures to the folder `signals`.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
import pywt
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.metrics import average_precision_score

import keras_cae
from keras_cae.drawing.reconstructions import draw_reconstructions

LENGTH, LATENT_DIM = 64, 8
STEPS_PER_DAY = 96
NOISE = 0.05


def table(header: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table."""
    for row in (header, ["---", *["---:"] * (len(header) - 1)], *rows):
        print("| " + " | ".join(row) + " |")
    print()


def ecg() -> tuple[np.ndarray, np.ndarray]:
    """Return the ECG of PyWavelets, scaled to [0, 1]: three quarters for training and one quarter for testing."""
    series = pywt.data.ecg().astype("float32")
    cut = 3 * len(series) // 4
    low, high = series[:cut].min(), series[:cut].max()
    series = (series - low) / (high - low)
    return series[:cut], series[cut:]


def fitted(model: keras.Model, windows: np.ndarray, epochs: int, loss: str = "mse") -> keras.Model:
    """Train a model with a learning rate that decays to 0."""
    steps = epochs * -(-len(windows) // 32)
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate), loss=loss, metrics=[keras_cae.metrics.PSNR()])
    model.fit(windows, batch_size=32, epochs=epochs, verbose=0)
    return model


def decibels(true: np.ndarray, other: np.ndarray) -> str:
    """Return the peak signal-to-noise ratio of arrays with values in [0, 1]."""
    return f"{-10 * np.log10(np.mean(np.square(true - other))):.1f}"


def reconstruct(epochs: int, folder: Path) -> None:
    """Compare a convolutional autoencoder with PCA at the same code size on windows of the ECG."""
    train, test = (np.asarray(keras_cae.datasets.windows(part, LENGTH)) for part in ecg())
    rows = []
    for latent_dim in (4, LATENT_DIM, 16):
        # The baseline of the ECG drifts below the training data, so the output must not be limited to [0, 1].
        model = keras_cae.models.BasicCAE(
            latent_dim,
            rank=1,
            filters=(16, 32, 64),
            kernel_size=7,
            activation="silu",
            output_activation="linear",
        )
        fitted(model, train, epochs)
        pca = PCA(latent_dim, random_state=0).fit(train[..., 0])
        linear = pca.inverse_transform(pca.transform(test[..., 0]))[..., None]
        made = model.predict(test, verbose=0)
        rows.append([str(latent_dim), decibels(test, made), decibels(test, linear)])
        if latent_dim == LATENT_DIM:
            picture = draw_reconstructions(model, test[:: len(test) // 6][:6])
            Image.fromarray(picture).save(folder / "signals_reconstructions.png")
    table(["latent_dim", "BasicCAE, dB", "PCA, dB"], rows)


def denoise(epochs: int) -> None:
    """Remove noise from the test part of the ECG."""
    train, test = ecg()
    noisy = test + np.random.default_rng(1).normal(0, NOISE, test.shape).astype("float32")
    windows = keras_cae.datasets.windows(noisy, LENGTH)
    model = keras_cae.models.DenoisingCAE(filters=(16, 32), rank=1, corruption=keras.layers.GaussianNoise(NOISE))
    fitted(model, np.asarray(keras_cae.datasets.windows(train, LENGTH)), epochs)
    joined = windows.to_series(model.predict(windows, verbose=0))[:, 0]
    at_once = model.predict(noisy[None, :, None], verbose=0)[0, :, 0]
    table(
        ["method", "PSNR, dB"],
        [
            ["noisy", decibels(test, noisy)],
            ["wavelets with a soft threshold (PyWavelets)", decibels(test, wavelet_denoised(noisy))],
            ["DenoisingCAE, joined windows", decibels(test, joined)],
            ["DenoisingCAE, whole series at once", decibels(test, at_once)],
        ],
    )


def wavelet_denoised(noisy: np.ndarray) -> np.ndarray:
    """Denoise by soft thresholding of wavelet coefficients at the universal threshold (Donoho and Johnstone 1994)."""
    coarse, *details = pywt.wavedec(noisy, "sym4", level=4)
    threshold = NOISE * np.sqrt(2 * np.log(len(noisy)))
    details = [pywt.threshold(detail, threshold, "soft") for detail in details]
    return pywt.waverec([coarse, *details], "sym4")[: len(noisy)]


def daily_series(days: int, seed: int) -> np.ndarray:
    """Return a noisy load that rises by day and falls at night, sampled every 15 minutes."""
    generator = np.random.default_rng(seed)
    hours = np.arange(days * STEPS_PER_DAY) % STEPS_PER_DAY / 4
    heights = generator.normal(1, 0.05, days).repeat(STEPS_PER_DAY)
    load = 0.25 + 0.4 * heights * np.exp(-(((hours - 14) / 4) ** 2))
    return (load + generator.normal(0, 0.02, len(load))).astype("float32")


def anomalies(epochs: int) -> None:
    """Detect the hours in which the load is unusual."""
    normal, series = daily_series(28, seed=0), daily_series(28, seed=1)
    unusual = np.zeros(len(series), bool)
    for day, hour, length, change in ((4, 3, 16, 0.25), (11, 14, 12, -0.25), (17, 20, 8, 0.2), (23, 9, 10, -0.12)):
        start = day * STEPS_PER_DAY + 4 * hour
        series[start : start + length] += change
        unusual[start : start + length] = True
    windows = keras_cae.datasets.windows(series, STEPS_PER_DAY)
    train = np.asarray(keras_cae.datasets.windows(normal[: 21 * STEPS_PER_DAY], STEPS_PER_DAY))
    held_out = keras_cae.datasets.windows(normal[21 * STEPS_PER_DAY :], STEPS_PER_DAY)
    model = fitted(keras_cae.models.BasicCAE(LATENT_DIM, filters=(16, 32, 64), rank=1), train, epochs)

    def errors(some: keras_cae.datasets.SeriesWindows) -> np.ndarray:
        return np.abs(np.asarray(some) - model.predict(some, verbose=0))[..., 0]

    of_steps, normal_errors = errors(windows), errors(held_out)
    flagged = of_steps.mean(axis=1) > np.quantile(normal_errors.mean(axis=1), 0.99)
    any_window = windows.scores_per_step(flagged.astype(float)) > 0
    scores = windows.scores_per_step(of_steps)
    threshold = np.nanquantile(held_out.scores_per_step(normal_errors), 0.99)
    rows = []
    for name, found in (
        ("every step of an anomalous window", any_window),
        ("anomalous_steps: steps with anomalous windows only", windows.anomalous_steps(flagged)),
        ("steps with scores_per_step above the threshold", scores > threshold),
    ):
        hits = np.sum(found & unusual)
        rows.append([name, f"{100 * hits / max(1, found.sum()):.0f}", f"{100 * hits / unusual.sum():.0f}"])
    table(["flagged steps", "precision, %", "recall, %"], rows)
    of_windows = windows.scores_per_step(of_steps.mean(axis=1))
    print(f"Average precision of scores from the errors of steps: {average_precision_score(unusual, scores):.2f},")
    print(f"from the errors of windows: {average_precision_score(unusual, of_windows):.2f}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=100)
    options = parser.parse_args()
    folder = Path("signals")
    folder.mkdir(exist_ok=True)
    keras.utils.set_random_seed(0)
    reconstruct(options.epochs, folder)
    denoise(options.epochs)
    anomalies(max(1, options.epochs // 6))


if __name__ == "__main__":
    main()
