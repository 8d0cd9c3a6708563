"""The PCA baseline: reconstruction from a linear code of the same size."""

from typing import Any, Self

import numpy as np

from keras_cae.extras import install_hint
from keras_cae.images import scale_images

LARGEST_SAMPLE = 100_000_000
"""The largest number of pixel values to fit to: 400 MB, which scikit-learn copies once."""
STREAMED_AT_ONCE = 4_000_000
"""The number of pixel values of streamed images to fit to at once."""


class PCAReconstruction:
    """Principal component analysis of images, and reconstruction from the components.

    Args:
        components: number of components, which is reduced if there are fewer images or pixels.

    Raises:
        ImportError: scikit-learn is not installed.
    """

    def __init__(self, components: int) -> None:
        self.components = components
        self.fitted_images = 0
        self._decomposition = _scikit_learn()

    def fit(self, images: Any) -> Self:
        """Fit the components, to an evenly spaced subset if there are too many pixel values.

        Images that are not in memory are read in parts, and the components of the parts are combined (Ross et al. 2008,
        "Incremental Learning for Robust Visual Tracking").

        Args:
            images: array `(n, height, width, channels)`, or streamed images with the slices of an array.
        """
        values = images[0].size
        most = max(1, LARGEST_SAMPLE // values)
        step = -(-len(images) // most)
        rows = np.arange(0, len(images), step)
        self.fitted_images = len(rows)
        self.components = min(self.components, len(rows), values)
        if isinstance(images, np.ndarray):
            self._pca = self._decomposition.PCA(self.components, random_state=0).fit(_pixels(images[::step]))
            return self
        self._pca = self._decomposition.IncrementalPCA(self.components)
        at_once = max(self.components, STREAMED_AT_ONCE // values)
        for part in np.array_split(rows, max(1, len(rows) // at_once)):
            self._pca.partial_fit(_pixels(images[part]))
        return self

    def reconstruct(self, images: np.ndarray) -> np.ndarray:
        """Return the reconstructions of images.

        Args:
            images: array `(n, height, width, channels)`.
        """
        codes = self._pca.transform(_pixels(images))
        return self._pca.inverse_transform(codes).reshape(images.shape)


def _scikit_learn() -> Any:
    try:
        from sklearn import decomposition
    except ImportError as error:
        raise ImportError(
            f"The PCA baseline needs scikit-learn, which is not installed. {install_hint('cli')}"
        ) from error
    return decomposition


def _pixels(images: np.ndarray) -> np.ndarray:
    return np.asarray(scale_images(images, "float32")).reshape(len(images), -1)
