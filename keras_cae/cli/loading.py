"""Loading of the images of a run."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from keras_cae.cli.options import DataOptions
from keras_cae.cli.presets import MAX_SIDE
from keras_cae.cli.quiet_start import import_keras
from keras_cae.datasets import ImageData
from keras_cae.datasets.inspection_folder import GOOD, InspectionFolder
from keras_cae.datasets.keras_datasets import KERAS_DATASETS
from keras_cae.datasets.load_images import IMAGES
from keras_cae.datasets.open_source import find_shards
from keras_cae.datasets.streamed_data import StreamedData, load_or_stream


def load(options: DataOptions) -> ImageData | StreamedData:
    """Load images into memory, or open them for streaming.

    Args:
        options: the options.

    Raises:
        OSError, ValueError, ImportError: as in `load_images`.
    """
    if options.data in KERAS_DATASETS or find_shards(options.data):
        import_keras()
    inspected = InspectionFolder.find(options.data)
    if inspected is None:
        return _load(options, options.data)
    name = inspected.path.resolve().name
    data: Any = _load(options, inspected.normal)
    note = f"{options.data} has the layout of MVTec AD: only the images in train/{GOOD} are used."
    if isinstance(data, StreamedData):
        data.name, data.notes = name, (note, *data.notes)
        return data
    return replace(data, name=name, notes=(note, *data.notes))


def _load(options: DataOptions, data: str | Path) -> ImageData | StreamedData:
    return load_or_stream(
        data,
        stream=options.stream,
        image_size=options.image_size,
        resize=options.resize,
        channels=options.channels,
        key=options.key,
        max_side=MAX_SIDE if options.rank == IMAGES else None,
        rank=options.rank,
    )
