"""Figures of autoencoders for handwritten digits, each made by one line of code.

    pip install -e ".[cli,plots]"
    python docs/examples/plots.py

Writes the figures of the page "Plots" to the folder `plots`.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
from sklearn.datasets import load_digits

import keras_cae
from keras_cae import plots


def fitted(model: keras.Model, images: np.ndarray, epochs: int, loss: str = "mse") -> keras.callbacks.History:
    """Train a model on all images except the last 360, which are used for validation."""
    model.compile(optimizer=keras.optimizers.Adam(2e-3), loss=loss, metrics=[keras_cae.metrics.PSNR()])
    train, held_out = images[:-360], images[-360:]
    return model.fit(train, validation_data=held_out, batch_size=32, epochs=epochs, verbose=0)


def with_scratches(images: np.ndarray) -> np.ndarray:
    """Return images with a bright horizontal line."""
    scratched = images.copy()
    scratched[:, 2] = np.maximum(scratched[:, 2], 0.8)
    return scratched


def main() -> None:
    """Train the models and save all figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=40, help="number of epochs")
    parser.add_argument("--folder", type=Path, default=Path("plots"), help="folder for the figures")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)

    digits = load_digits()
    images = (digits.images[..., None] / 16).astype("float32")
    test, labels = images[-360:], digits.target[-360:]

    model = keras_cae.models.BasicCAE(latent_dim=16, filters=(16, 32))
    generative = keras_cae.models.VariationalCAE(latent_dim=2, filters=(16, 32), beta=0.5)
    discrete = keras_cae.models.VectorQuantizedCAE(filters=(16,), codebook_size=32, code_dim=4)
    history = fitted(model, images, options.epochs)
    fitted(generative, images, 2 * options.epochs, "binary_crossentropy")
    fitted(discrete, images, options.epochs)
    detector = keras_cae.anomaly.AnomalyDetector(model, score="mse").calibrate(test[:180], false_positive_rate=0.05)
    mixed = np.concatenate([with_scratches(test[180:184]), test[184:188]])
    every = np.concatenate([test[180:], with_scratches(test[180:])])

    figures = {
        "history": plots.history(history),
        "reconstructions": plots.reconstructions(model, test),
        "latent_space": plots.latent_space(generative.encode(test), labels),
        "latent_grid": plots.latent_grid(generative),
        "traversal": plots.traversal(model, test[0], images=images, dims=4),
        "interpolation": plots.interpolation(model, test[0], test[3]),
        "error_histogram": plots.error_histogram(detector, every, np.arange(len(every)) >= 180),
        "anomaly_maps": plots.anomaly_maps(detector, mixed),
        "codebook": plots.codebook(discrete, test),
        "filters": plots.filters(model),
    }
    for name, figure in figures.items():
        figure.savefig(options.folder / f"plots_{name}.png", pil_kwargs={"optimize": True})


if __name__ == "__main__":
    main()
