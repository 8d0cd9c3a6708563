"""Image files in batches, one epoch after the other."""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.datasets.channels import with_channels
from keras_cae.datasets.folder import THREADS, common_layout, each_file
from keras_cae.datasets.image_data import SkippedFile
from keras_cae.datasets.image_file import ImageHeader, failure_reason, read_header, read_pixels
from keras_cae.datasets.sizing import Sizing
from keras_cae.datasets.standard_images import integer_conversion
from keras_cae.pixel_values import meant_type


class ImageStream:
    """The images of files, decoded on a few threads while they are asked for.

    Args:
        paths: the files.
        sizing: the rule for the images' size.
        channels: the channels that all images get, or None for what the images have.
        batch_size: images per batch.
        shuffle: whether each epoch has another order.
        seed: of the order, None for another one each time.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        sizing: Sizing,
        channels: int | None,
        batch_size: int,
        *,
        shuffle: bool,
        seed: int | None,
    ) -> None:
        self.skipped: list[SkippedFile] = []
        self.paths, headers = each_file(read_header, paths, self.skipped)
        if not self.paths:
            path, reason = self.skipped[0]
            raise ValueError(f"None of the {len(paths)} images can be read; the first is {path}: {reason}.")
        self.batch_size = batch_size
        self.labels = np.zeros(len(self.paths), np.int32)
        self._sizing = sizing
        self._channels = channels
        self._shuffle = shuffle
        self._seed = int(np.random.default_rng().integers(2**31)) if seed is None else seed
        self._epochs = count()
        self._lock = threading.Lock()
        self._plan(headers)
        example = self._readable(np.arange(len(self.paths)), 0)[0]
        self.shape, self.dtype = example.shape, example.dtype

    def _plan(self, headers: Sequence[ImageHeader]) -> None:
        """Decide on the form of the images as `load_images` does, from as few pixels as will do."""
        layout = common_layout(headers, self._sizing)
        kept = layout.channels
        if kept == 4 and not self._any_transparent(headers, layout):
            kept = 1 if all(header.grey for header in headers) else 3
        high = 0
        name = np.dtype(layout.dtype).name
        for path in self.paths:
            pixels = self._attempt(path, lambda path: read_pixels(path, layout, self._sizing)[..., :kept])
            high = max(high, 0 if pixels is None else int(pixels.max()))
            # Whatever is up to 1 may still be black and white.
            if high > 1 and meant_type(name, 0, high) == name:
                break
        self._convert = integer_conversion(np.dtype(layout.dtype), 0, high, "The folder", [])
        # What is stored in another way is converted before it gets its size, as `load_images` does.
        resized = any(header.size != layout.size for header in headers)
        self._first = resized and meant_type(name, 0, high) != name
        self._layout = layout._replace(channels=kept) if self._first else layout
        self._kept = kept

    def _any_transparent(self, headers: Sequence[ImageHeader], layout: Any) -> bool:
        for path, header in zip(self.paths, headers, strict=True):
            if header.alpha:
                pixels = self._attempt(path, lambda path: read_pixels(path, layout, self._sizing))
                if pixels is not None and (pixels[..., 3] < 255).any():
                    return True
        return False

    def epoch(self, labelled: bool) -> Iterator[Any]:
        """Yield the batches of the next epoch.

        Args:
            labelled: whether these are pairs of images and labels.
        """
        order = np.arange(len(self.paths))
        epoch = next(self._epochs)
        if self._shuffle:
            order = np.random.default_rng([self._seed, epoch]).permutation(order)
        batch: list[tuple[np.ndarray, int]] = []
        for image_and_row in self._decoded(order):
            batch.append(image_and_row)
            if len(batch) == self.batch_size:
                yield self._stacked(batch, labelled)
                batch = []
        if batch:
            yield self._stacked(batch, labelled)

    def _decoded(self, order: np.ndarray) -> Iterator[tuple[np.ndarray, int]]:
        """The images in this order, however many threads decode them."""
        pool = ThreadPoolExecutor(THREADS)
        waiting: deque[Future[tuple[np.ndarray, int]]] = deque()
        try:
            for position in range(len(order)):
                waiting.append(pool.submit(self._readable, order, position))
                if len(waiting) > 2 * THREADS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _readable(self, order: np.ndarray, position: int) -> tuple[np.ndarray, int]:
        """The image at a position, or the next one that can be read, and its row."""
        for row in np.roll(order, -position):
            image = self._attempt(self.paths[row], self._image)
            if image is not None:
                return image, int(row)
        path, reason = self.skipped[0]
        raise ValueError(f"None of the {len(self.paths)} images can be read; the first is {path}: {reason}.")

    def _image(self, path: Path) -> np.ndarray:
        if self._first:
            image = read_pixels(path, self._layout, self._sizing, self._convert)
        else:
            image = self._convert(read_pixels(path, self._layout, self._sizing)[..., : self._kept])
        return image if self._channels is None else with_channels(image[None], self._channels)[0]

    def _attempt(self, path: Path, function: Any) -> Any:
        """Apply a function to a file; None and a note of the file if it is damaged."""
        try:
            return function(path)
        # A decoder that meets a damaged file may raise anything.
        except Exception as error:
            with self._lock:
                if not any(skipped.path == str(path) for skipped in self.skipped):
                    self.skipped.append(SkippedFile(str(path), failure_reason(error)))
            return None

    def _stacked(self, batch: list[tuple[np.ndarray, int]], labelled: bool) -> Any:
        images = np.stack([image for image, _ in batch])
        return (images, self.labels[[row for _, row in batch]]) if labelled else images
