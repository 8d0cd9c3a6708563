"""Batches of images, epoch by epoch."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from keras_cae.datasets.decoding import THREADS, in_order
from keras_cae.datasets.image_source import ImageSource
from keras_cae.datasets.patch_cutter import PatchCutter

GROUP = 8
"""The maximum number of whole images that a thread decodes in one task."""
ALIGNMENT = 64
"""The alignment of arrays, in bytes, with which TensorFlow uses their memory instead of copying it."""
MIXED_BATCHES = 4
"""The number of batches over which the patches of an image are spread."""
ORDER, PLACES, MIXTURE = range(3)
"""The purposes of random numbers, each of which has a generator of its own."""

Item = tuple[tuple[np.ndarray, ...], int]
"""An image or patch, or a pair of them, and its row."""


class Host(NamedTuple):
    """The part of each batch that this process reads."""

    number: int = 0
    hosts: int = 1


class ImageStream:
    """Images, or patches of them, decoded on demand by a few threads.

    Args:
        source: source of the images.
        rows: rows of the images to use.
        batch_size: images per batch, summed over all hosts.
        shuffle: whether the order and the positions of patches change every epoch.
        seed: seed of the order and the positions.
        cutter: cutter of patches, or None for whole images.
        host: which part of each batch to read.
    """

    def __init__(
        self,
        source: ImageSource,
        rows: np.ndarray,
        batch_size: int,
        *,
        shuffle: bool,
        seed: int,
        cutter: PatchCutter | None = None,
        host: Host = Host(),  # noqa: B008
    ) -> None:
        if batch_size % host.hosts:
            raise ValueError(
                f"batch_size must be a multiple of the number of hosts, {host.hosts}, so that all of them read equally "
                f"many images, got {batch_size}."
            )
        self.source, self.rows, self.cutter = source, rows, cutter
        self.batch_size = batch_size // host.hosts
        self.next_epoch = 0
        self._shuffle, self._seed, self._host = shuffle, seed, host
        each = 1 if cutter is None else cutter.count
        self.count = each * -(-len(rows) // host.hosts)
        """The number of images or patches in an epoch."""

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return -(-self.count // self.batch_size)

    def epoch(self) -> Iterator[tuple[tuple[np.ndarray, ...], np.ndarray]]:
        """Yield the batches of the next epoch: the images, or the images of pairs, and their rows."""
        number, self.next_epoch = self.next_epoch, self.next_epoch + 1
        batch: list[Item] = []
        for item in self._mixed(self._decoded(self._order(number), number), number):
            batch.append(item)
            if len(batch) == self.batch_size:
                yield _stacked(batch)
                batch = []
        if batch:
            yield _stacked(batch)
        self.source.finish()

    def skip(self, epochs: int) -> None:
        """Skip a number of epochs."""
        self.next_epoch += epochs

    def image(self, position: int) -> np.ndarray:
        """Return the image at a position of `rows`, or the next one that can be read."""
        return self._readable(self.rows, position, 0)[0][0][0]

    def _order(self, epoch: int) -> np.ndarray:
        """Return the rows that this host reads. Rows may be repeated to give all hosts equally many."""
        order = self._generator(ORDER, epoch).permutation(self.rows) if self._shuffle else self.rows
        if self._host.hosts == 1:
            return order
        whole = np.resize(order, -(-len(order) // self._host.hosts) * self._host.hosts)
        return whole[self._host.number :: self._host.hosts]

    def _decoded(self, order: np.ndarray, epoch: int) -> Iterator[Item]:
        """Yield the images in this order, whatever the number of threads that decode them."""
        # Groups are small enough that the images decoded in advance are about those of a batch.
        group = max(1, min(GROUP, self.batch_size // (2 * THREADS))) if self.cutter is None else 1
        images = self.batch_size if self.cutter is None else -(-self.batch_size // self.cutter.count)

        def decoded(number: int) -> list[Item]:
            positions = range(number * group, min((number + 1) * group, len(order)))
            return [item for position in positions for item in self._readable(order, position, epoch)]

        for items in in_order(decoded, -(-len(order) // group), ahead=-(-images // group)):
            yield from items

    def _readable(self, order: np.ndarray, position: int, epoch: int) -> list[Item]:
        """Return the image at a position, or its patches. If it can't be read, use the next image that can."""
        damaged = 0
        for step in range(len(order)):
            row = int(order[(position + step) % len(order)])
            found = self._whole(row) if self.cutter is None else self._patches(row, position, epoch)
            if found:
                return found
            damaged += found is None
        if damaged == len(order):
            raise self.source.failure()
        assert self.cutter is not None
        raise ValueError(
            f"min_std={self.cutter.min_std:g} excludes all patches: no patch in any of the images has a standard "
            "deviation this large. It is a fraction of the value of white. Use a smaller one."
        )

    def _whole(self, row: int) -> list[Item] | None:
        parts = self.source.attempt(self.source.read_all, row)
        return None if parts is None else [(parts, row)]

    def _patches(self, row: int, position: int, epoch: int) -> list[Item] | None:
        """Return the patches of an image: an empty list if all are blank, None if the file is damaged."""
        assert self.cutter is not None
        cutter = self.cutter
        # Without shuffling, the positions stay the same in every epoch, too.
        number, place = (epoch, position) if self._shuffle else (0, row)
        generator = self._generator(PLACES, number, place)
        patches = self.source.attempt(lambda row: cutter.cut(self.source.view_all(row), generator), row)
        if not patches:
            return patches
        return [(patches[number % len(patches)], row) for number in range(cutter.count)]

    def _mixed(self, items: Iterator[Item], epoch: int) -> Iterator[Item]:
        """Shuffle the items if there are several patches of each image."""
        if not self._shuffle or self.cutter is None or self.cutter.count == 1:
            yield from items
            return
        generator = self._generator(MIXTURE, epoch)
        room = max(MIXED_BATCHES * self.batch_size, MIXED_BATCHES * self.cutter.count)
        waiting: list[Item] = []
        for item in items:
            if len(waiting) < room:
                waiting.append(item)
                continue
            place = int(generator.integers(room))
            yield waiting[place]
            waiting[place] = item
        for place in generator.permutation(len(waiting)):
            yield waiting[place]

    def _generator(self, purpose: int, *numbers: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, purpose, *numbers])


def _stacked(batch: list[Item]) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    parts = tuple(_aligned_stack(same) for same in zip(*(parts for parts, _ in batch), strict=True))
    return parts, np.array([row for _, row in batch])


def _aligned_stack(arrays: tuple[np.ndarray, ...]) -> np.ndarray:
    first = arrays[0]
    memory = np.empty(len(arrays) * first.nbytes + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    stacked = memory[start : start + len(arrays) * first.nbytes].view(first.dtype).reshape(len(arrays), *first.shape)
    return np.stack(arrays, out=stacked)
