"""What loading returns: the images, and what the reader should know about them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from keras_cae.datasets.split import ImageSplit, split_images


class SkippedFile(NamedTuple):
    """A file that could not be read as an image, and why."""

    path: str
    reason: str


@dataclass(frozen=True, eq=False, repr=False)
class ImageData:
    """Images as `load_images` returns them.

    Args:
        images: array `(n, height, width, channels)` of type uint8 or uint16, or float32 in [0, 1]; of signals
            `(n, length, channels)`, of volumes `(n, depth, height, width, channels)`.
        name: short name of the data, fit for a file name.
        test_images: the test images that the data themselves set apart, or None.
        skipped: the files that were left out because they could not be read.
        notes: sentences on what was taken for what, for a person to read.
        labels: for each image of a folder the name of the folder in it where it was found, "." for the folder
            itself; None for other data.
    """

    images: np.ndarray
    name: str
    test_images: np.ndarray | None = None
    skipped: tuple[SkippedFile, ...] = ()
    notes: tuple[str, ...] = ()
    labels: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        arrays = {"images": self.images, "test_images": self.test_images}
        shapes = [f"{name}={array.dtype}{array.shape}" for name, array in arrays.items() if array is not None]
        counts = {"skipped": len(self.skipped), "notes": len(self.notes), "labels": len(set(self.labels or ()))}
        return f"ImageData({', '.join([self.name, *shapes, *(f'{n} {name}' for name, n in counts.items() if n)])})"

    def split(self, validation: float = 0.1, test: float = 0.2, seed: int = 0) -> ImageSplit:
        """Return the images in three parts. The same images and the same seed give the same parts.

        Args:
            validation: the fraction of images for choosing the best epoch.
            test: the fraction of images for measuring; without effect where the data set their own
                test images apart.
            seed: seed of the permutation.

        Raises:
            ValueError: a fraction is out of range, or there are too few images for all parts.
        """
        return split_images(self.images, self.test_images, validation, test, seed)
