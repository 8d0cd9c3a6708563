"""Creates the models that later versions must load, and their expected outputs.

Run it when an architecture is added, with the oldest versions of the dependencies, whose files newer versions can load:
`.ci/oldest_versions` installs them. It creates only missing files, because existing ones were written by earlier
versions.
"""

import sys
import zipfile
from pathlib import Path

import keras
import numpy as np

from keras_cae import anomaly, layers, models, samplers

FOLDER = Path(__file__).parent
IMAGES = np.random.default_rng(0).integers(0, 256, (4, 8, 6, 1), dtype="uint8")


def networks():
    encoder = keras.Sequential([keras.Input((8, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    decoder = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(48, activation="sigmoid"), keras.layers.Reshape((8, 6, 1))]
    )
    return encoder, decoder


def detector():
    autoencoder = models.BasicCAE(2, filters=(2,))
    train(autoencoder)
    return anomaly.AnomalyDetector(autoencoder, "mse").calibrate(IMAGES)


def train(model):
    model.compile("sgd", "mse")
    model.fit(IMAGES, batch_size=4, verbose=0)


MODELS = {
    "AdversarialCAE": lambda: models.AdversarialCAE(2, filters=(2,), discriminator_units=(3,)),
    "BasicCAE": lambda: models.BasicCAE(2, filters=(2,), corruption=layers.StainNoise(seed=1)),
    "BatchNormPoolCAE": lambda: models.BatchNormPoolCAE(2, filters=(2,), dtype="mixed_bfloat16"),
    "BlindSpotCAE": lambda: models.BlindSpotCAE(filters=(2, 3), convs_per_level=1, seed=1),
    "CAE": lambda: models.CAE(*networks(), corruption=keras.layers.GaussianNoise(0.1, seed=1)),
    "DenoisingCAE": lambda: models.DenoisingCAE(filters=(2, 3), convs_per_level=1),
    "MaskedCAE": lambda: models.MaskedCAE(2, filters=(2,), seed=1),
    "ResidualCAE": lambda: models.ResidualCAE(2, filters=(2,), blocks_per_level=1),
    "SkipConnectionCAE": lambda: models.SkipConnectionCAE(2, filters=(2, 2, 2), activation=keras.layers.PReLU()),
    "VariationalCAE": lambda: models.VariationalCAE(2, filters=(2,), seed=1),
    "VectorQuantizedCAE": lambda: models.VectorQuantizedCAE(4, 2, filters=(2,), seed=1),
    "WassersteinCAE": lambda: models.WassersteinCAE(2, filters=(2,)),
    "AnomalyDetector": detector,
}


def outputs(model):
    """The outputs of a model for `IMAGES`, as a dictionary of arrays."""
    predicted = model.predict(IMAGES, verbose=0)
    if isinstance(predicted, dict):
        return predicted
    return {"reconstructions": predicted, "codes": np.asarray(model.encode(IMAGES))}


def make(name):
    keras.utils.set_random_seed(0)
    model = MODELS[name]()
    if name != "AnomalyDetector":
        train(model)
    model.save(FOLDER / f"{name}.keras")
    pack(FOLDER / f"{name}.keras")
    np.savez_compressed(FOLDER / f"{name}.npz", **outputs(model))
    if name == "BasicCAE":
        samplers.NormalSampler().fit(model.encode(IMAGES)).save(FOLDER / "NormalSampler.npz")


def pack(path):
    """Compress the members of an archive, which Keras stores uncompressed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


if __name__ == "__main__":
    for name in sys.argv[1:] or MODELS:
        if not (FOLDER / f"{name}.keras").exists():
            make(name)
