"""What pictures of codes ask of models: whether there is a prior, what the codes are, and their units."""

from typing import Any

import numpy as np


def has_prior(model: Any) -> bool:
    """Return whether a model generates images from a prior: a `CAE` says so, other models have a `sample`."""
    return bool(getattr(model, "has_prior", callable(getattr(model, "sample", None))))


def has_posterior(model: Any) -> bool:
    """Return whether a model gives distributions of codes: a `CAE` says so, other models have a `posterior`."""
    return bool(getattr(model, "has_posterior", callable(getattr(model, "posterior", None))))


def codebook_size_of(model: Any) -> int | None:
    """Return how many vectors the codebook of a model, or of its bottleneck, has; None if there is no codebook."""
    parts = (getattr(model, "bottleneck", None), model)
    sizes = (getattr(part, "codebook_size", None) for part in parts)
    return next((size for size in sizes if size is not None), None)


def vector_incompatibility(codes: np.ndarray, instead: str) -> str | None:
    """Return why codes are not vectors `(n, latent_dim)`, or None if they are.

    Args:
        codes: the codes.
        instead: the name of what shows codes that are indices of a codebook.
    """
    if codes.dtype.kind != "f":
        return f"its codes are indices of a codebook, which have no latent dimensions. {instead} shows such codes."
    if codes.ndim != 2:
        return (
            f"its codes are feature maps of shape {codes.shape[1:]}, but must be vectors of shape "
            "(latent_dim,). Give the model a latent_dim."
        )
    return None


def index_incompatibility(codes: np.ndarray, rank: int) -> str | None:
    """Return why codes are not indices of a codebook, one for each position, or None if they are.

    Args:
        codes: the codes.
        rank: number of spatial axes of the images.
    """
    if codes.dtype.kind in "iu" and codes.ndim == rank + 1:
        return None
    expected = {1: "(length,)", 2: "(rows, columns)", 3: "(depth, rows, columns)"}[rank]
    return f"its codes are {codes.dtype} of shape {codes.shape[1:]}, but must be integers of shape {expected}."


def most_active(codes: np.ndarray, count: int) -> np.ndarray:
    """Return the latent dimensions that vary most from image to image, in descending order."""
    return np.argsort(-codes.var(axis=0), kind="stable")[:count]


def codebook_usage(indices: np.ndarray, size: int) -> tuple[np.ndarray, float, float]:
    """Return how codes use a codebook.

    Args:
        indices: the codes, integers of any shape.
        size: size of the codebook.

    Returns:
        The share of each vector among the codes; the share of the vectors that occur; and the perplexity, the
        exponential of the entropy of the vectors' relative frequencies.
    """
    shares = np.bincount(indices.ravel(), minlength=size) / indices.size
    used = shares[shares > 0]
    return shares, len(used) / size, float(np.exp(-np.sum(used * np.log(used))))
