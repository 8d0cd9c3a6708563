"""The measured architectures, and functions to train the library's models and their counterparts in stock Keras."""

import math

import stock_networks

import keras_cae

# From the class in `keras_cae.models` to the function in `stock_networks` and `torch_networks`.
ARCHITECTURES = {
    "BasicCAE": "basic",
    "BatchNormPoolCAE": "batch_norm_pool",
    "SkipConnectionCAE": "skip_connection",
    "VariationalCAE": "variational",
    "ResidualCAE": "residual",
    "DenoisingCAE": "denoising",
}
# The classes in `keras_cae.models` that the `fit` of stock Keras can't train.
EXTENDED = ("WassersteinCAE", "AdversarialCAE", "VectorQuantizedCAE", "MaskedCAE")
# From the class to the arguments that replace `latent_dim`.
ARGUMENTS = {"DenoisingCAE": {}, "VectorQuantizedCAE": {"codebook_size": 512, "code_dim": 16}}


def make_ours(name, shape, latent_dim):
    arguments = ARGUMENTS.get(name, {"latent_dim": latent_dim})
    return _compiled(getattr(keras_cae.models, name)(**arguments, rank=len(shape) - 1))


def make_stock(name, shape, latent_dim):
    return _compiled(getattr(stock_networks, ARCHITECTURES[name])(shape, latent_dim))


MAKERS = {"keras_cae": make_ours, "stock Keras": make_stock}


def _compiled(model):
    model.compile(optimizer="adam", loss="mse")
    return model


def with_targets(model, images):
    """Return the data to train and evaluate a model on. Stock Keras needs the images as targets, too."""
    return (images,) if isinstance(model, keras_cae.models.CAE) else (images, images)


def train(model, images, batch_size, **options):
    """Train for one epoch, unless `options` override this."""
    model.fit(*with_targets(model, images), batch_size=batch_size, verbose=0, **options)


def compile_step(model, images, batch_size):
    """Compile the training step."""
    # The last batch is shorter, so that the step is compiled for batches of any size.
    train(model, images[: batch_size + 1], batch_size)


def parameters(model):
    """Return the number of trainable parameters."""
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)
