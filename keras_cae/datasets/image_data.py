"""The result of `load_images`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from keras_cae.datasets.split import ImageSplit, split_images


class SkippedFile(NamedTuple):
    """A file that could not be read as an image, and the reason."""

    path: str
    reason: str


def unreadable(skipped: Sequence[SkippedFile], place: str = "") -> ValueError:
    """Return the error for images of which none can be read.

    Args:
        skipped: the images, and why they can't be read.
        place: where they are, such as " in the folder 'photos'".
    """
    path, reason = skipped[0]
    if len(skipped) == 1:
        return ValueError(f"The only image{place} can't be read. {path}: {reason}.")
    return ValueError(f"None of the {len(skipped):,} images{place} can be read. The first is {path}: {reason}.")


@dataclass(frozen=True, eq=False, repr=False)
class ImageData:
    """Images as `load_images` returns them.

    Args:
        images: array `(n, height, width, channels)` of type uint8 or uint16, or float32 in [0, 1]; signals
            `(n, length, channels)`, or volumes `(n, depth, height, width, channels)`.
        name: short name of the data, valid as a file name.
        test_images: the test images, if the data contain separate ones, or None.
        skipped: the files that could not be read.
        notes: sentences about how the values were interpreted.
        labels: for each image in a folder, the path of its subfolder, or "." for the folder itself; None for
            other data.
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
        """Split the images into three parts. The same images and the same seed give the same parts.

        Args:
            validation: the fraction of images for choosing the best epoch.
            test: the fraction of images for testing; ignored if the data contain separate test images.
            seed: seed of the permutation.

        Raises:
            ValueError: a fraction is out of range, or there are too few images for all parts.
        """
        return split_images(self.images, self.test_images, validation, test, seed)
