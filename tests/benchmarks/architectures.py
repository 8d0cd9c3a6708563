"""The architectures that are measured, and how the library's models and those of stock Keras are trained."""

import math

import stock_networks

import keras_cae

# class of `keras_cae.models`: function of `stock_networks` and of `torch_networks`
ARCHITECTURES = {
    "BasicCAE": "basic",
    "BatchNormPoolCAE": "batch_norm_pool",
    "SkipConnectionCAE": "skip_connection",
    "VariationalCAE": "variational",
    "ResidualCAE": "residual",
    "DenoisingCAE": "denoising",
}
# those that stock Keras's `fit` can't train: class of `keras_cae.models`
EXTENDED = ("WassersteinCAE", "AdversarialCAE", "VectorQuantizedCAE", "MaskedCAE")
# class: what it takes in the place of `latent_dim`
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
    """The data to train and evaluate a model on: stock Keras needs the images twice."""
    return (images,) if isinstance(model, keras_cae.models.CAE) else (images, images)


def train(model, images, batch_size, **options):
    """Train for an epoch, unless `options` say otherwise."""
    model.fit(*with_targets(model, images), batch_size=batch_size, verbose=0, **options)


def compile_step(model, images, batch_size):
    """Have the training step compiled."""
    # With a last batch that is shorter, so that it is compiled for batches of any size.
    train(model, images[: batch_size + 1], batch_size)


def parameters(model):
    """The number of parameters that training changes."""
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)
