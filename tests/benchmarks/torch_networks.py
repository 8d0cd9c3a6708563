"""The networks of `stock_networks`, written in PyTorch.

The same layers in the same order, with as many parameters. A convolution of stride 2 starts a pixel further
to the top left than TensorFlow's, as `padding=1` has it.
"""

import math

import torch
from torch import nn


def basic(shape, latent_dim):
    height, width, channels = shape
    return nn.Sequential(
        *convolution(channels, 16),
        *convolution(16, 32, stride=2),
        *dense_code(latent_dim, (32, height // 2, width // 2)),
        *transposed(32, 16, stride=2),
        *head(16, channels),
    )


def batch_norm_pool(shape, latent_dim):
    height, width, channels = shape
    encoder = [
        part
        for before, after in ((channels, 32), (32, 64))
        for part in (nn.Conv2d(before, after, 3, padding=1), *batch_norm(after), nn.MaxPool2d(2))
    ]
    decoder = [
        part
        for before, after in ((64, 32), (32, 16))
        for part in (
            nn.ConvTranspose2d(before, after, 3, padding=1),
            *batch_norm(after),
            nn.Upsample(scale_factor=2),
        )
    ]
    code = dense_code(latent_dim, (64, height // 4, width // 4))
    return nn.Sequential(*encoder, *code, *decoder, *head(16, channels))


def skip_connection(shape, latent_dim):
    height, width, channels = shape
    between = nn.Sequential(
        *convolution(32, 64, stride=2),
        *dense_code(latent_dim, (64, height // 4, width // 4)),
        *transposed(64, 32, stride=2),
    )
    return nn.Sequential(
        *convolution(channels, 16),
        *convolution(16, 32, stride=2),
        Skip(between),
        *transposed(32, 16, stride=2),
        *head(16, channels),
    )


def variational(shape, latent_dim):
    height, width, channels = shape
    size = 64 * (height // 4) * (width // 4)
    return nn.Sequential(
        *convolution(channels, 16),
        *convolution(16, 32, stride=2),
        *convolution(32, 64, stride=2),
        nn.Flatten(),
        Sampling(size, latent_dim, math.prod(shape)),
        nn.Linear(latent_dim, size),
        nn.Unflatten(1, (64, height // 4, width // 4)),
        *transposed(64, 32, stride=2),
        *transposed(32, 16, stride=2),
        *head(16, channels),
    )


class Sampling(nn.Module):
    """Draws codes, and keeps their divergence as the `penalty` that training adds to the loss."""

    def __init__(self, features, latent_dim, values_per_image):
        super().__init__()
        self.mean, self.log_variance = nn.Linear(features, latent_dim), nn.Linear(features, latent_dim)
        self.values_per_image = values_per_image

    def forward(self, features):
        mean, log_variance = self.mean(features), self.log_variance(features)
        divergence = mean.square() + log_variance.exp() - 1 - log_variance
        self.penalty = divergence.sum(-1).mean() / 2 / self.values_per_image
        return mean + (log_variance / 2).exp() * torch.randn_like(mean)


class Skip(nn.Module):
    """Adds to what `between` makes of the features the features themselves."""

    def __init__(self, between):
        super().__init__()
        self.between = between

    def forward(self, features):
        return self.between(features) + features


def convolution(before, after, stride=1):
    return nn.Conv2d(before, after, 3, stride=stride, padding=1), nn.ReLU()


def transposed(before, after, stride):
    layer = nn.ConvTranspose2d(before, after, 3, stride=stride, padding=1, output_padding=stride - 1)
    return layer, nn.ReLU()


def head(before, channels):
    return nn.ConvTranspose2d(before, channels, 3, padding=1), nn.Sigmoid()


def batch_norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01), nn.ReLU()


def dense_code(latent_dim, shape):
    size = shape[0] * shape[1] * shape[2]
    return nn.Flatten(), nn.Linear(size, latent_dim), nn.Linear(latent_dim, size), nn.Unflatten(1, shape)
