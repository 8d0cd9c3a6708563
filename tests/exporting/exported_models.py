"""Tiny models of every kind, for the tests of exports and for the table in the documentation."""

import keras
import numpy as np

from keras_cae import anomaly, layers, models

SIZES = {1: (21,), 2: (9, 12), 3: (5, 9, 6)}
"""The image sizes by rank, with odd and even sides that all differ."""
CHANNELS = 2
SUFFIXES = {"tf_saved_model": "", "onnx": ".onnx", "openvino": ".xml", "litert": ".tflite"}
RUNTIMES = {"onnx": ("onnx", "tf2onnx", "onnxruntime"), "openvino": ("openvino",), "litert": ("ai_edge_litert",)}
"""The modules that are required to write and run each format."""
PARTS = ("autoencoder", "encoder", "decoder")
ANY_SIZE = "any size"

DENSE = {"latent_dim": 3, "filters": (4, 6)}
# The class and its arguments, by name.
KINDS = {
    "BasicCAE": (models.BasicCAE, DENSE),
    "BatchNormPoolCAE": (models.BatchNormPoolCAE, DENSE),
    "SkipConnectionCAE": (models.SkipConnectionCAE, {"latent_dim": 3, "filters": (4, 4, 6)}),
    "ResidualCAE": (models.ResidualCAE, {**DENSE, "blocks_per_level": 1}),
    "DenoisingCAE": (models.DenoisingCAE, {"filters": (4, 6), "convs_per_level": 1}),
    "VariationalCAE": (models.VariationalCAE, DENSE),
    "WassersteinCAE": (models.WassersteinCAE, DENSE),
    "VectorQuantizedCAE": (models.VectorQuantizedCAE, {"codebook_size": 150, "code_dim": 3, "filters": (4, 6)}),
    "AdversarialCAE": (models.AdversarialCAE, DENSE),
    "MaskedCAE": (models.MaskedCAE, DENSE),
    "BasicCAE, sparse": (models.BasicCAE, {**DENSE, "bottleneck": layers.SparseBottleneck}),
    "BasicCAE, contractive": (models.BasicCAE, {**DENSE, "bottleneck": layers.ContractiveBottleneck}),
    "BasicCAE, finite scalars": (
        models.BasicCAE,
        {**DENSE, "latent_dim": None, "bottleneck": lambda: layers.FiniteScalarQuantizer((5, 4))},
    ),
    "ResidualCAE, normalized": (
        models.ResidualCAE,
        {**DENSE, "normalizer": lambda: keras.layers.Normalization(mean=[5.0, -2.0], variance=[4.0, 9.0])},
    ),
}
SCORES = ("mse", "mae", "ssim", "relative", "standardized", "latent", "elbo", "mse+ssim")


def make(kind, rank=2, any_size=False, **more):
    """A built model of a kind, without weights that are zero."""
    cls, arguments = KINDS[kind]
    made = {name: value() if name in ("bottleneck", "normalizer") else value for name, value in arguments.items()}
    if any_size and "latent_dim" in made:
        made["latent_dim"] = None
    keras.utils.set_random_seed(0)
    model = cls(**made, rank=rank, **more)
    model.build((None, *([None] * rank if any_size else SIZES[rank]), CHANNELS))
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        if len(weight.shape) == 1:  # The initial values of biases and scales could hide errors.
            weight.assign(weight.numpy() + rng.uniform(-0.1, 0.1, weight.shape))
    return model


def images(rank=2, count=24, seed=0):
    """Random images of the size of the models."""
    return np.random.default_rng(seed).random((count, *SIZES[rank], CHANNELS), dtype="float32")


def make_detector(score, rank=2, any_size=False, **more):
    """A detector that is calibrated on random images."""
    variational = "elbo" in score
    model = make("VariationalCAE" if variational else "BasicCAE", rank, any_size)
    model.compile("adam", "mse")  # The loss determines the likelihood.
    detector = anomaly.AnomalyDetector(model, score, **more)
    return detector.calibrate(images(rank), 0.1)
