"""The images of a run."""

from keras_cae.cli.quiet_start import import_keras
from keras_cae.cli.settings import DataSettings
from keras_cae.datasets import ImageData, load_images
from keras_cae.datasets.keras_datasets import KERAS_DATASETS

LARGEST_DEFAULT_SIDE = 128
"""Photographs at their full size would make models that no machine can train."""


def load(settings: DataSettings) -> ImageData:
    """Load images.

    Args:
        settings: the options.

    Raises:
        OSError, ValueError, ImportError: as `load_images`.
    """
    if settings.data in KERAS_DATASETS:
        import_keras()
    return load_images(
        settings.data,
        image_size=settings.image_size,
        resize=settings.resize,
        channels=settings.channels,
        key=settings.key,
        max_side=LARGEST_DEFAULT_SIDE,
    )
