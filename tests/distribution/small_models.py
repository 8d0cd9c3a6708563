"""Small models of every class for images of 9×12×2, and random numbers that all replicas share."""

import keras
import numpy as np

import keras_cae

THREE_LEVELS = {"latent_dim": 3, "filters": (3, 4, 5)}
# The arguments by the name of the class.
MODELS = {
    "BasicCAE": THREE_LEVELS,
    "BatchNormPoolCAE": THREE_LEVELS,
    "SkipConnectionCAE": THREE_LEVELS,
    "ResidualCAE": {"latent_dim": 3, "filters": (3, 4)},
    "DenoisingCAE": {"filters": (3, 4), "convs_per_level": 1},
    "BlindSpotCAE": {"filters": (3, 4), "convs_per_level": 1},
    "VariationalCAE": {**THREE_LEVELS, "beta": 5.0, "free_bits": 0.05},
    "WassersteinCAE": {**THREE_LEVELS, "mmd_weight": 3.0},
    "AdversarialCAE": {**THREE_LEVELS, "adversarial_weight": 0.5, "discriminator_units": (6,)},
    # It replaces dead codes by a random choice, which must be the same on all replicas.
    "VectorQuantizedCAE": {
        "codebook_size": 12,
        "code_dim": 2,
        "filters": (3, 4, 5),
        "commitment_weight": 2.0,
        "decay": 0.8,
        "seed": 1,
    },
    "MaskedCAE": {"latent_dim": 3, "filters": (8,), "patch_size": 6},
}


def make_images(count):
    return np.random.default_rng(0).random((count, 9, 12, 2), dtype="float32")


def make_compiled(name):
    model = getattr(keras_cae.models, name)(**MODELS[name])
    model.build((None, 9, 12, 2))
    decoder = model.decoder
    if name == "VectorQuantizedCAE":  # Its decoder starts with the codebook lookup.
        decoder = decoder.get_layer("decoder")
    decoder.get_layer("output_convolution").kernel_regularizer = keras.regularizers.L2(0.1)
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        "mse",
        metrics=["mae", keras_cae.metrics.PSNR()],
        weighted_metrics=["mse"],
    )
    return model


def shared_draws():
    """Replacements for functions in `keras.random`, by name.

    Replicas draw different noise for their images, as they should. Without that, a batch's numbers do not
    depend on how it is divided.
    """
    draw = keras.random.uniform

    def same_for_all_images(shape, **options):
        if len(shape) == 1:  # not of images
            return draw(shape, **options)
        row = np.random.default_rng(0).random((1, *shape[1:]), dtype="float32")
        return keras.ops.tile(row, (shape[0], *[1] * (len(shape) - 1)))

    return {"normal": lambda shape, **_: keras.ops.ones(shape), "uniform": same_for_all_images}
