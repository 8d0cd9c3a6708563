"""Properties of models and codes that determine how codes are drawn."""

from typing import Any

import numpy as np


def has_prior(model: Any) -> bool:
    """Return whether a model has a prior: by `has_prior` if there is such an attribute, otherwise by `sample`."""
    return bool(getattr(model, "has_prior", callable(getattr(model, "sample", None))))


def has_posterior(model: Any) -> bool:
    """Return whether a model has a posterior: by `has_posterior` if there is one, otherwise by `posterior`."""
    return bool(getattr(model, "has_posterior", callable(getattr(model, "posterior", None))))


def codebook_size_of(model: Any) -> int | None:
    """Return the codebook size of a model or its bottleneck, or None if there is no codebook."""
    parts = (getattr(model, "bottleneck", None), model)
    sizes = (getattr(part, "codebook_size", None) for part in parts)
    return next((size for size in sizes if size is not None), None)


def vector_incompatibility(codes: np.ndarray, instead: str) -> str | None:
    """Return why codes are not vectors `(n, latent_dim)`, or None if they are.

    Args:
        codes: the codes.
        instead: the name of the function or class that shows codebook indices.
    """
    if codes.dtype.kind != "f":
        return f"its codes are codebook indices, which have no latent dimensions. Use {instead} for such codes."
    if codes.ndim != 2:
        return (
            f"its codes must be vectors of shape (latent_dim,), got feature maps of shape {codes.shape[1:]}. Pass a "
            "latent_dim to the model."
        )
    return None


def index_incompatibility(codes: np.ndarray, rank: int) -> str | None:
    """Return why codes are not codebook indices, one per position, or None if they are.

    Args:
        codes: the codes.
        rank: number of spatial axes of the images.
    """
    if codes.dtype.kind in "iu" and codes.ndim == rank + 1:
        return None
    expected = {1: "(length,)", 2: "(rows, columns)", 3: "(depth, rows, columns)"}[rank]
    return f"its codes must be integers of shape {expected}, got {codes.dtype} of shape {codes.shape[1:]}."


def most_active(codes: np.ndarray, count: int) -> np.ndarray:
    """Return the latent dimensions whose codes vary most, in descending order."""
    return np.argsort(-codes.var(axis=0), kind="stable")[:count]


def codebook_usage(indices: np.ndarray, size: int) -> tuple[np.ndarray, float, float]:
    """Measure how codes use a codebook.

    Args:
        indices: the codes, integers of any shape.
        size: size of the codebook.

    Returns:
        The relative frequency of each vector, the fraction of vectors that occur, and the perplexity, which is the
        exponential of the entropy of the frequencies.
    """
    shares = np.bincount(indices.ravel(), minlength=size) / indices.size
    used = shares[shares > 0]
    return shares, len(used) / size, float(np.exp(-np.sum(used * np.log(used))))
