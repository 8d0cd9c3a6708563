"""Sources of the images to score, batch by batch: files or arrays."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ImageOps

from keras_cae.anomaly import AnomalyDetector
from keras_cae.anomaly.folder_batches import ImageReader
from keras_cae.datasets import SkippedFile
from keras_cae.datasets.decoding import THREADS
from keras_cae.datasets.folder import image_paths
from keras_cae.datasets.image_file import failure_reason, open_image
from keras_cae.datasets.inspection_folder import GOOD, Inspected, InspectionFolder
from keras_cae.datasets.open_source import IMAGES, find_shards
from keras_cae.datasets.streamed_data import load_or_stream


@dataclass(frozen=True, eq=False)
class Scored:
    """An image to score.

    Args:
        name: name of the row in the table: the path in the folder, or the index in the array.
        pixels: the image in the form that the detector expects.
        kind: kind of the defect, or "good"; None if it is unknown.
        mask: mask of the defects at the size of `pixels`; None if it is unknown.
        path: path of the file, or None.
    """

    name: str
    pixels: np.ndarray
    kind: str | None = None
    mask: np.ndarray | None = None
    path: Path | None = None


class Source(ABC):
    """A source of images to score."""

    name: str
    count: int
    skipped: list[SkippedFile]
    notes: tuple[str, ...] = ()

    @abstractmethod
    def batches(self, size: int) -> Iterator[list[Scored]]:
        """Yield the images in batches. The last batch may be smaller."""

    def picture(self, image: Scored, anomaly_map: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return an image for display, `(height, width, channels)`, and its anomaly map at the same size."""
        return image.pixels, anomaly_map


class Files(Source):
    """Images in files. Files that can't be read are skipped and reported.

    Args:
        folder: the folder to which names are relative.
        images: the files.
        reader: reader that converts images to the form that the detector expects.
    """

    def __init__(self, folder: Path, images: list[Inspected], reader: ImageReader) -> None:
        self.folder, self.images, self.reader = folder, images, reader
        self.name = folder.resolve().name or "images"
        self.count = len(images)
        self.skipped = []
        self._has_masks = any(image.mask is not None for image in images)

    def batches(self, size: int) -> Iterator[list[Scored]]:
        with ThreadPoolExecutor(THREADS) as pool:
            for start in range(0, self.count, size):
                found = list(pool.map(self._read, self.images[start : start + size]))
                self.skipped += [each for each in found if isinstance(each, SkippedFile)]
                read = [each for each in found if isinstance(each, Scored)]
                if read:
                    yield read

    def _read(self, image: Inspected) -> Scored | SkippedFile:
        try:
            pixels = self.reader.read(image.path)
            mask = None
            if image.mask is not None:
                mask = self.reader.read_mask(image.mask)
            elif self._has_masks and image.kind == GOOD:
                mask = np.zeros(pixels.shape[:2], bool)
        # Decoders may raise any exception for damaged files.
        except Exception as error:
            return SkippedFile(str(image.path), failure_reason(error))
        name = str(image.path.relative_to(self.folder))
        return Scored(name, pixels, image.kind or None, mask, image.path)

    def picture(self, image: Scored, anomaly_map: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert image.path is not None
        with open_image(image.path) as opened:
            pixels = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
        return pixels, self.reader.sizing.undo(anomaly_map, pixels.shape[:2])


class Arrays(Source):
    """Images in arrays.

    Args:
        data: a name or path that `load_images` accepts.
        key: the name of the array in an `.npz` file.
        detector: the detector that scores the images.
        stream: whether to read images while they are scored; None to decide by the available memory.
    """

    def __init__(self, data: str, key: str | None, detector: AnomalyDetector, stream: bool | None = None) -> None:
        *sides, channels = detector.autoencoder.built_shape[1:]
        sizing: dict[str, Any] = {}
        if len(sides) == IMAGES:
            size = detector.image_size if None in sides else tuple(sides)
            known = channels if channels in (1, 3, 4) else None
            sizing = {"image_size": size, "resize": detector.resize, "channels": known}
        loaded: Any = load_or_stream(data, stream=stream, key=key, rank=len(sides), **sizing)
        self.images = loaded.images if loaded.test_images is None else loaded.test_images
        self.name, self.notes, self.skipped = loaded.name, loaded.notes, list(loaded.skipped)
        self.count = len(self.images)

    def batches(self, size: int) -> Iterator[list[Scored]]:
        for start in range(0, self.count, size):
            yield [Scored(str(start + number), image) for number, image in enumerate(self.images[start : start + size])]


def open_source(data: str, key: str | None, detector: AnomalyDetector, stream: bool | None = None) -> Source:
    """Open DATA for scoring. Images in folders are always read while they are scored.

    Raises:
        OSError, ValueError: there are no images, or the detector does not support them.
    """
    folder = Path(data)
    if not folder.is_dir() or find_shards(data):
        return Arrays(data, key, detector, stream)
    if stream is False:
        raise ValueError(f"--no-stream is not supported for folders, which are always streamed, got {data!r}. Omit it.")
    reader = ImageReader(detector.autoencoder, detector.resize, detector.image_size)
    inspected = InspectionFolder.find(folder)
    if inspected is not None:
        return Files(folder, inspected.test_images(), reader)
    images = [Inspected(path, "", None) for path in image_paths(folder)]
    if not images:
        raise ValueError(f"There are no images in the folder {data!r}.")
    return Files(folder, images, reader)
