"""The images of a run."""

from dataclasses import replace
from pathlib import Path

from keras_cae.cli.options import DataOptions
from keras_cae.cli.presets import MAX_SIDE
from keras_cae.cli.quiet_start import import_keras
from keras_cae.datasets import ImageData, load_images
from keras_cae.datasets.inspection_folder import GOOD, InspectionFolder
from keras_cae.datasets.keras_datasets import KERAS_DATASETS
from keras_cae.datasets.load_images import IMAGES


def load(options: DataOptions) -> ImageData:
    """Load images.

    Args:
        options: the options.

    Raises:
        OSError, ValueError, ImportError: as `load_images`.
    """
    if options.data in KERAS_DATASETS:
        import_keras()
    inspected = InspectionFolder.find(options.data)
    if inspected is None:
        return _load(options, options.data)
    data = _load(options, inspected.normal)
    note = f"{options.data} has the layout of MVTec AD: only its images in train/{GOOD} are used."
    return replace(data, name=inspected.path.resolve().name, notes=(note, *data.notes))


def _load(options: DataOptions, data: str | Path) -> ImageData:
    return load_images(
        data,
        image_size=options.image_size,
        resize=options.resize,
        channels=options.channels,
        key=options.key,
        max_side=MAX_SIDE if options.rank == IMAGES else None,
        rank=options.rank,
    )
