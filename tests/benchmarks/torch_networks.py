"""The networks in `stock_networks` for signals, images and volumes, written in PyTorch.

They have the same layers in the same order, with the same number of parameters. With `padding=1`, convolutions of
stride 2 are shifted by a pixel to the top left, compared with TensorFlow.
"""

import math

import torch
from torch import nn


def ranked(name, rank):
    """Return the class in `torch.nn` for a number of spatial axes, from a name such as "Conv{}d"."""
    return getattr(nn, name.format(rank))


def basic(shape, latent_dim):
    rank, channels = len(shape) - 1, shape[-1]
    return nn.Sequential(
        *convolution(rank, channels, 16),
        *convolution(rank, 16, 32, stride=2),
        *dense_code(latent_dim, smaller(shape, 2, 32)),
        *transposed(rank, 32, 16, stride=2),
        *head(rank, 16, channels),
    )


def batch_norm_pool(shape, latent_dim):
    rank, channels = len(shape) - 1, shape[-1]
    encoder = [
        part
        for before, after in ((channels, 32), (32, 64))
        for part in (
            ranked("Conv{}d", rank)(before, after, 3, padding=1),
            *batch_norm(rank, after),
            ranked("MaxPool{}d", rank)(2),
        )
    ]
    decoder = [
        part
        for before, after in ((64, 32), (32, 16))
        for part in (
            ranked("ConvTranspose{}d", rank)(before, after, 3, padding=1),
            *batch_norm(rank, after),
            nn.Upsample(scale_factor=2),
        )
    ]
    code = dense_code(latent_dim, smaller(shape, 4, 64))
    return nn.Sequential(*encoder, *code, *decoder, *head(rank, 16, channels))


def skip_connection(shape, latent_dim):
    rank, channels = len(shape) - 1, shape[-1]
    between = nn.Sequential(
        *convolution(rank, 32, 64, stride=2),
        *dense_code(latent_dim, smaller(shape, 4, 64)),
        *transposed(rank, 64, 32, stride=2),
    )
    return nn.Sequential(
        *convolution(rank, channels, 16),
        *convolution(rank, 16, 32, stride=2),
        Skip(between),
        *transposed(rank, 32, 16, stride=2),
        *head(rank, 16, channels),
    )


def variational(shape, latent_dim):
    rank, channels = len(shape) - 1, shape[-1]
    start = smaller(shape, 4, 64)
    size = math.prod(start)
    return nn.Sequential(
        *convolution(rank, channels, 16),
        *convolution(rank, 16, 32, stride=2),
        *convolution(rank, 32, 64, stride=2),
        nn.Flatten(),
        Sampling(size, latent_dim, math.prod(shape)),
        nn.Linear(latent_dim, size),
        nn.Unflatten(1, start),
        *transposed(rank, 64, 32, stride=2),
        *transposed(rank, 32, 16, stride=2),
        *head(rank, 16, channels),
    )


class Sampling(nn.Module):
    """Draws codes, and stores their KL divergence as `penalty`, which training adds to the loss."""

    def __init__(self, features, latent_dim, values_per_image):
        super().__init__()
        self.mean, self.log_variance = nn.Linear(features, latent_dim), nn.Linear(features, latent_dim)
        self.values_per_image = values_per_image

    def forward(self, features):
        mean, log_variance = self.mean(features), self.log_variance(features)
        divergence = mean.square() + log_variance.exp() - 1 - log_variance
        self.penalty = divergence.sum(-1).mean() / 2 / self.values_per_image
        return mean + (log_variance / 2).exp() * torch.randn_like(mean)


def residual(shape, latent_dim):
    rank, channels = len(shape) - 1, shape[-1]
    return nn.Sequential(
        ranked("Conv{}d", rank)(channels, 32, 3, stride=2, padding=1),
        ResidualBlock(rank, 32, 32),
        ResidualBlock(rank, 32, 64, stride=2),
        Scale(0.4),
        *dense_code(latent_dim, smaller(shape, 4, 64)),
        ResidualBlock(rank, 64, 32, upsampling=True),
        nn.Upsample(scale_factor=2),
        ranked("ConvTranspose{}d", rank)(32, 16, 3, padding=1),
        nn.SiLU(),
        *head(rank, 16, channels),
    )


class Scale(nn.Module):
    """Multiplies features by a constant."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, features):
        return features * self.factor


class ResidualBlock(nn.Module):
    """Applies group normalization, activation and convolution twice, and adds the result to the input."""

    def __init__(self, rank, before, after, stride=1, upsampling=False):
        super().__init__()
        conv = ranked("Conv{}d", rank)
        enlarging = nn.Upsample(scale_factor=2), ranked("ConvTranspose{}d", rank)(before, after, 3, padding=1)
        self.branch = nn.Sequential(
            nn.GroupNorm(8, before, eps=1e-3),
            nn.SiLU(),
            *(enlarging if upsampling else [conv(before, after, 3, stride=stride, padding=1)]),
            nn.GroupNorm(8, after, eps=1e-3),
            nn.SiLU(),
            conv(after, after, 3, padding=1),
        )
        self.shortcut = nn.Sequential(
            *([ranked("AvgPool{}d", rank)(stride)] if stride > 1 else []),
            *([conv(before, after, 1)] if before != after else []),
            *([nn.Upsample(scale_factor=2)] if upsampling else []),
        )

    def forward(self, features):
        return self.branch(features) + self.shortcut(features)


def denoising(shape, latent_dim):
    rank, channels = len(shape) - 1, shape[-1]
    quarter = nn.Sequential(*convolutions(rank, 64, 128, stride=2), *transposed(rank, 128, 64, stride=2))
    half = nn.Sequential(
        *convolutions(rank, 32, 64, stride=2),
        Skip(quarter, concatenate=True),
        *convolutions(rank, 128, 64),
        *transposed(rank, 64, 32, stride=2),
    )
    noise = nn.Sequential(
        *convolutions(rank, channels, 32),
        Skip(half, concatenate=True),
        *convolutions(rank, 64, 32),
        ranked("ConvTranspose{}d", rank)(32, channels, 3, padding=1),
    )
    return Subtract(noise)


class Subtract(nn.Module):
    """Subtracts the noise that a network predicts from images."""

    def __init__(self, noise):
        super().__init__()
        self.noise = noise

    def forward(self, images):
        return images - self.noise(images)


class Skip(nn.Module):
    """Adds features to the output of `between` for them, or concatenates both."""

    def __init__(self, between, concatenate=False):
        super().__init__()
        self.between = between
        self.concatenate = concatenate

    def forward(self, features):
        made = self.between(features)
        return torch.cat([made, features], dim=1) if self.concatenate else made + features


def convolution(rank, before, after, stride=1):
    return ranked("Conv{}d", rank)(before, after, 3, stride=stride, padding=1), nn.ReLU()


def convolutions(rank, before, after, stride=1):
    return *convolution(rank, before, after, stride), *convolution(rank, after, after)


def transposed(rank, before, after, stride):
    cls = ranked("ConvTranspose{}d", rank)
    return cls(before, after, 3, stride=stride, padding=1, output_padding=stride - 1), nn.ReLU()


def head(rank, before, channels):
    return ranked("ConvTranspose{}d", rank)(before, channels, 3, padding=1), nn.Sigmoid()


def batch_norm(rank, channels):
    return ranked("BatchNorm{}d", rank)(channels, eps=1e-3, momentum=0.01), nn.ReLU()


def dense_code(latent_dim, shape):
    size = math.prod(shape)
    return nn.Flatten(), nn.Linear(size, latent_dim), nn.Linear(latent_dim, size), nn.Unflatten(1, shape)


def smaller(shape, factor, channels):
    """Return the shape `(channels, *spatial)` of feature maps whose sides are shorter by a factor."""
    return (channels, *[side // factor for side in shape[:-1]])
