"""The PCA baseline: reconstruction from a linear code of the same size."""

from typing import Any, Self

import numpy as np

from keras_cae.extras import install_hint
from keras_cae.images import scale_images

LARGEST_SAMPLE = 100_000_000
"""The largest number of pixel values to fit to: 400 MB, which scikit-learn copies once."""


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
        self._pca_class = _pca_class()

    def fit(self, images: Any) -> Self:
        """Fit the components, to an evenly spaced subset if there are too many pixel values.

        Args:
            images: array `(n, height, width, channels)`.
        """
        most = max(1, LARGEST_SAMPLE // images[0].size)
        sample = images[:: -(-len(images) // most)]
        pixels = _pixels(sample)
        self.components = min(self.components, *pixels.shape)
        self.fitted_images = len(sample)
        self._pca = self._pca_class(self.components, random_state=0).fit(pixels)
        return self

    def reconstruct(self, images: np.ndarray) -> np.ndarray:
        """Return the reconstructions of images.

        Args:
            images: array `(n, height, width, channels)`.
        """
        codes = self._pca.transform(_pixels(images))
        return self._pca.inverse_transform(codes).reshape(images.shape)


def _pca_class() -> Any:
    try:
        from sklearn.decomposition import PCA
    except ImportError as error:
        raise ImportError(
            f"The PCA baseline needs scikit-learn, which is not installed. {install_hint('cli')}"
        ) from error
    return PCA


def _pixels(images: np.ndarray) -> np.ndarray:
    return np.asarray(scale_images(images, "float32")).reshape(len(images), -1)
