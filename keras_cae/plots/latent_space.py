"""A scatter plot of codes."""

from typing import Any

import numpy as np

from keras_cae.drawing.thumbnails import index_colors
from keras_cae.plots.page import Page, text_inches

FEW, MANY = 10, 20
"""The largest numbers of labels for the palette of strong colours, and for the legend."""
SIZE, LARGEST_POINT, SMALLEST_POINT = 6.0, 36.0, 2.0
"""The side of the plot in inches, and the areas of the markers in square points."""


def latent_space(
    codes: Any, labels: Any = None, reducer: Any = None, *, figsize: Any = None, dpi: Any = None, figure: Any = None
) -> Any:
    """Show codes as points, coloured by their labels.

    Two-dimensional codes are shown unchanged. Other codes are reduced to their first two principal components, whose
    fractions of the variance are given at the axes, or by a reducer.

    Args:
        codes: vectors `(n, latent_dim)`, as `encode` returns them.
        labels: `(n,)` or `(n, 1)`: names or numbers of classes, or floats on a continuous scale.
        reducer: reduces codes to two dimensions: an object with `fit_transform`, such as `sklearn.manifold.TSNE()` or
            `umap.UMAP()`, or a function from `(n, latent_dim)` to `(n, 2)`.
        figsize: width and height of the figure in inches.
        dpi: pixels per inch.
        figure: a `matplotlib.figure.Figure` or `SubFigure` to draw into.

    Returns:
        The `matplotlib.figure.Figure`.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: the codes are not vectors of finite floats, the number of labels differs from that of the codes, or
            the reducer does not return two numbers per code.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> figure = keras_cae.plots.latent_space(model.encode(images), labels=np.arange(32) % 2)
    """
    page = Page(figsize, dpi, figure)
    codes = _checked_codes(codes)
    labels = None if labels is None else _checked_labels(labels, len(codes))
    points, names = _in_the_plane(codes, reducer)
    beside = 0.0 if labels is None else 0.7 + max(map(text_inches, np.unique(labels).astype(str)[:MANY].tolist()))
    drawn = page.open(SIZE + beside, SIZE, "Latent space")
    axes = drawn.add_subplot()
    size = np.clip(16_000 / len(points), SMALLEST_POINT, LARGEST_POINT) * page.scale
    options = {"s": size, "linewidths": 0, "alpha": 0.8, "rasterized": len(points) > 10_000}
    if labels is None:
        axes.scatter(*points.T, **options)
    elif labels.dtype.kind == "f":
        page.color_bar(axes.scatter(*points.T, c=labels, **options), axes, "label")
    else:
        _scatter_classes(page, axes, points, labels, options)
    page.label(axes, *names)
    axes.set_aspect("equal", adjustable="datalim")
    return drawn


def _checked_codes(codes: Any) -> np.ndarray:
    codes = np.asarray(codes)
    if codes.dtype.kind in "iu":
        raise ValueError(
            f"codes must be floats, got {codes.dtype}, because indices of a codebook have no distances. To show such "
            "codes, use keras_cae.plots.codebook."
        )
    if "float" not in str(codes.dtype) or codes.ndim != 2 or not len(codes):
        remedy = " Flatten feature maps with codes.reshape(len(codes), -1)." if codes.ndim > 2 else ""
        raise ValueError(
            f"codes must be an array of floats of shape (n, latent_dim), got {codes.dtype} of shape {codes.shape}."
            f"{remedy}"
        )
    codes = codes.astype("float32")
    if not np.isfinite(codes).all():
        raise ValueError("codes must be finite, got NaN or infinite values.")
    return codes


def _checked_labels(labels: Any, count: int) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != (count,):
        raise ValueError(
            f"labels must have one entry per code, {count} in total, got the shape {labels.shape}. Convert one-hot "
            "vectors with labels.argmax(axis=1)."
        )
    if labels.dtype.kind == "f":
        whole = np.isfinite(labels).all() and (labels == np.rint(labels)).all()
        return labels.astype("int64") if whole and len(np.unique(labels)) <= MANY else labels
    return labels if labels.dtype.kind in "iub" else labels.astype(str)


def _in_the_plane(codes: np.ndarray, reducer: Any) -> tuple[np.ndarray, tuple[str, str]]:
    """Reduce codes to points `(n, 2)`, and return them with the names of both axes."""
    if reducer is not None:
        reduce = getattr(reducer, "fit_transform", reducer)
        if not callable(reduce):
            raise ValueError(f"reducer must be a function or have a method fit_transform, got {reducer!r}.")
        points = np.asarray(reduce(codes))
        if points.shape != (len(codes), 2):
            raise ValueError(
                f"reducer must return two numbers per code, an array of shape {(len(codes), 2)}, got the shape "
                f"{points.shape}."
            )
        name = getattr(reducer, "__name__", type(reducer).__name__)
        return points, (f"{name}, first dimension", f"{name}, second dimension")
    if codes.shape[1] == 1:
        raise ValueError("codes must have at least two dimensions, got one.")
    if codes.shape[1] == 2:
        return codes, ("code[0]", "code[1]")
    points, shares = principal_components(codes)
    first, second = (f"{share:.0%} of the variance" for share in shares)
    return points, (f"First principal component ({first})", f"Second principal component ({second})")


def principal_components(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first two principal components of codes, `(n, 2)`, and their fractions of the variance, `(2,)`.

    The largest coefficient of each component is positive, so that the signs are deterministic.
    """
    centered = codes.astype("float64") - codes.mean(axis=0, dtype="float64")
    _, values, directions = np.linalg.svd(centered, full_matrices=False)
    values, directions = np.append(values, 0.0)[:2], np.vstack([directions, np.zeros_like(directions[:1])])[:2]
    largest = np.abs(directions).argmax(axis=1)
    directions *= np.where(directions[np.arange(2), largest] < 0, -1, 1)[:, None]
    total = np.square(centered).sum()
    return centered @ directions.T, np.square(values) / total if total else np.zeros(2)


def _scatter_classes(page: Page, axes: Any, points: np.ndarray, labels: np.ndarray, options: dict[str, Any]) -> None:
    from matplotlib import colormaps
    from matplotlib.lines import Line2D

    classes, numbers = np.unique(labels, return_inverse=True)
    if len(classes) <= MANY:
        palette = np.array(colormaps["tab10" if len(classes) <= FEW else "tab20"].colors)
    else:
        palette = index_colors(np.arange(len(classes))) / 255
    # In random order, so that no class hides the others.
    order = np.random.default_rng(0).permutation(len(points))
    axes.scatter(*points[order].T, c=palette[numbers[order]], **options)
    keys = [
        Line2D([], [], color=palette[number], marker="o", linestyle="", markersize=6 * page.scale, label=str(name))
        for number, name in enumerate(classes[:MANY])
    ]
    if len(classes) > MANY:
        keys.append(Line2D([], [], linestyle="", label=f"and {len(classes) - MANY} more"))
    page.legend(axes, handles=keys)
