"""The images of a run."""

from keras_cae.cli.options import DataOptions
from keras_cae.cli.presets import MAX_SIDE
from keras_cae.cli.quiet_start import import_keras
from keras_cae.datasets import ImageData, load_images
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
    return load_images(
        options.data,
        image_size=options.image_size,
        resize=options.resize,
        channels=options.channels,
        key=options.key,
        max_side=MAX_SIDE if options.rank == IMAGES else None,
        rank=options.rank,
    )
