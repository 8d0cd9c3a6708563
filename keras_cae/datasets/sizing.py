"""Resizing of images."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from keras_cae.datasets.image_data import ImageData
from keras_cae.datasets.memory import check_memory
from keras_cae.validation import one_of, positive_int, size_of_image

Size = tuple[int, int]

METHOD = Image.Resampling.BILINEAR
"""Bilinear, because it does not overshoot. Pillow widens the filter to shrink images without aliasing.

Where a side is a multiple of the new one, blocks of pixels are averaged instead, which is sharper and faster.
"""


class Sizing:
    """The rule for the size of images.

    Args:
        image_size: `(height, width)`, one number for both, or None for the most common size.
        resize: "stretch", "crop" or "pad".
        max_side: the maximum of the longer side of the most common size, or None.
        method: the method of interpolation.
    """

    def __init__(self, image_size: Any, resize: str, max_side: int | None, method: Image.Resampling = METHOD) -> None:
        self.image_size = None if image_size is None else size_of_image(image_size, "image_size")
        self.resize = one_of(resize, "resize", ("stretch", "crop", "pad"))
        self.max_side = None if max_side is None else positive_int(max_side, "max_side")
        self.method = method

    def target(self, sizes: Iterable[Size]) -> Size:
        """Return the size to which images of these sizes are resized.

        If several sizes are equally common, this is the one in the middle by area, so that neither a very small nor a
        very large photograph determines it.

        Args:
            sizes: `(height, width)` of each image.
        """
        if self.image_size is not None:
            return self.image_size
        counts = Counter(sizes)
        most = max(counts.values())
        common = [size for size, count in counts.items() if count == most]
        common.sort(key=lambda size: (size[0] * size[1], size))
        return self._limited(common[len(common) // 2])

    def _limited(self, size: Size) -> Size:
        if self.max_side is None or max(size) <= self.max_side:
            return size
        height, width = (max(1, round(side * self.max_side / max(size))) for side in size)
        return height, width

    def apply(self, pixels: np.ndarray, size: Size) -> np.ndarray:
        """Return a resized image.

        Colours are weighted with alpha, so that those of transparent pixels do not bleed into opaque ones. Borders are
        black and opaque.

        Args:
            pixels: `(height, width, channels)` of uint8, uint16, or floats in [0, 1]; the fourth of four channels is
                alpha.
            size: `(height, width)`.
        """
        if pixels.shape[:2] == size:
            return pixels
        channels = pixels.shape[-1]
        if pixels.dtype == np.uint8 and channels in (1, 3, 4):
            return self.apply_to_picture(Image.fromarray(pixels[..., 0] if channels == 1 else pixels), size)
        white = np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1
        planes: np.ndarray = pixels.astype(np.float32)
        if channels == 4:
            planes[..., :3] *= planes[..., 3:] / white
        borders = [white if channel == 3 else 0 for channel in range(channels)]
        resized = np.stack(
            [
                np.asarray(self._apply(Image.fromarray(planes[..., channel]), size, border))
                for channel, border in enumerate(borders)
            ],
            axis=-1,
        )
        if channels == 4:
            resized[..., :3] /= np.maximum(resized[..., 3:] / white, np.finfo("float32").tiny)
            resized[..., :3] *= resized[..., 3:] > 0
        return (np.rint(resized) if pixels.dtype.kind == "u" else resized).astype(pixels.dtype)

    def apply_to_picture(self, image: Image.Image, size: Size) -> np.ndarray:
        """Return a resized 8-bit image, like `apply`.

        Args:
            image: the image, with one, three or four channels.
            size: `(height, width)`.
        """
        channels = len(image.getbands())
        if image.size != size[::-1]:
            black: Any = (0, 0, 0, 255)[:channels] if channels == 4 else "black"
            image = self._apply(image, size, black)
        return np.asarray(image).reshape(*size, channels)

    def _apply(self, image: Image.Image, size: Size, border: Any) -> Image.Image:
        width_height = size[::-1]
        image = self._averaged(image, width_height)
        if self.resize == "crop":
            return ImageOps.fit(image, width_height, self.method)
        if self.resize == "pad":
            return ImageOps.pad(image, width_height, self.method, color=border)
        return image.resize(width_height, self.method)

    def _averaged(self, image: Image.Image, width_height: Size) -> Image.Image:
        """Return an image that is reduced along the sides that are multiples of the new ones."""
        pairs = list(zip(image.size, width_height, strict=True))
        across, down = (before // now if before % now == 0 else 1 for before, now in pairs)
        if self.method != METHOD or (self.resize != "stretch" and across != down):
            return image
        return image if (across, down) == (1, 1) else image.reduce((across, down))

    def undo(self, values: np.ndarray, size: Size) -> np.ndarray:
        """Resize a map of a resized image to the original size of the image.

        Args:
            values: `(height, width)`, float32. Parts that were cropped get the smallest value.
            size: `(height, width)` of the original image.
        """
        ratios = [now / before for now, before in zip(values.shape, size, strict=True)]
        if self.resize != "stretch":
            ratios = [max(ratios) if self.resize == "crop" else min(ratios)] * 2
        covered = [max(1, round(now / ratio)) for now, ratio in zip(values.shape, ratios, strict=True)]
        whole = np.asarray(Image.fromarray(values).resize(covered[::-1], METHOD))
        result = np.full(size, values.min(), values.dtype)
        target, source = zip(*(_overlap(a, b) for a, b in zip(size, covered, strict=True)), strict=True)
        result[target] = whole[source]
        return result

    def resize_data(self, data: ImageData) -> ImageData:
        """Return loaded images at the size that this rule determines.

        Args:
            data: images of the same size.
        """
        size = self.target([data.images.shape[1:3]])
        if size == data.images.shape[1:3]:
            return data
        test_images = data.test_images
        return replace(
            data,
            images=self._resized(data.images, size),
            test_images=None if test_images is None else self._resized(test_images, size),
            notes=(*data.notes, *self.notes([data.images.shape[1:3]])),
        )

    def notes(self, sizes: Iterable[Size]) -> tuple[str, ...]:
        """Return a note if the images are scaled down because of `max_side`."""
        sizes = set(sizes)
        size = self.target(sizes)
        if self.image_size is not None or size in sizes:
            return ()
        height, width = size
        return (
            f"The images were scaled down to {height}×{width} pixels (height × width). Choose another size with "
            "image_size (--image-size).",
        )

    def _resized(self, images: np.ndarray, size: Size) -> np.ndarray:
        shape = (len(images), *size, images.shape[-1])
        check_memory(shape, images.dtype)
        resized = np.empty(shape, images.dtype)
        for image, target in zip(images, resized, strict=True):
            target[...] = self.apply(image, size)
        return resized


def _overlap(inside: int, covered: int) -> tuple[slice, slice]:
    """Return the overlapping parts of two lengths with the same centre."""
    offset, shared = (inside - covered) // 2, min(inside, covered)
    return slice(max(0, offset), max(0, offset) + shared), slice(max(0, -offset), max(0, -offset) + shared)
