"""Images that are stored as pixels in shards."""

from collections.abc import Sequence

import numpy as np

from keras_cae.datasets.channels import with_channels
from keras_cae.datasets.image_source import ImageSource
from keras_cae.datasets.shards import Record
from keras_cae.datasets.sizing import Sizing


class RecordSource(ImageSource):
    """Examples that `pack` has stored as pixels.

    Args:
        records: records of the examples, which all have the same dtype and number of channels.
        sizing: the rule for the images' size.
        channels: the number of channels to convert to, or None to keep that of the images.
        own_sizes: whether each image keeps its size.
    """

    def __init__(
        self, records: Sequence[Record], sizing: Sizing, channels: int | None, *, own_sizes: bool = False
    ) -> None:
        super().__init__()
        self._records, self._sizing, self._channels = records, sizing, channels
        self.names = [str(record) for record in records]
        self.kept = np.arange(len(records))
        sizes = [record.shape[:-1] for record in records]
        if not own_sizes or sizing.image_size is not None:
            images = len(sizes[0]) == 2
            self.notes = sizing.notes(sizes) if images else ()  # type: ignore[arg-type]
            sizes = [sizing.target(sizes) if images else sizes[0]] * len(sizes)  # type: ignore[arg-type]
        self.sizes = sizes
        self.channels = channels or records[0].shape[-1]
        self.dtype = np.dtype(records[0].dtype)
        self.files = list(dict.fromkeys(str(record.path) for record in records))
        self.settings = f"{sizing.image_size} {sizing.resize} {channels} {own_sizes}"

    def read(self, row: int) -> np.ndarray:
        image, size = self._records[row].pixels(), self.sizes[row]
        if image.shape[:-1] != size:
            image = self._sizing.apply(image, size)  # type: ignore[arg-type]
        return image if self._channels is None else with_channels(image[None], self._channels)[0]
