"""Loading and streaming of images from data sets, folders, files and arrays, and windows of time series."""

from typing import TYPE_CHECKING, Any

from keras_cae.datasets.image_data import ImageData, SkippedFile
from keras_cae.datasets.load_images import load_images
from keras_cae.datasets.pack import PackedImages, pack
from keras_cae.datasets.series_windows import SeriesWindows
from keras_cae.datasets.split import ImageSplit
from keras_cae.datasets.stream_dataset import StreamSplit
from keras_cae.datasets.stream_images import stream_images
from keras_cae.datasets.stream_pairs import stream_pairs
from keras_cae.datasets.windows import windows

if TYPE_CHECKING:
    from keras_cae.datasets.random_patches import RandomPatches

__all__ = [
    "ImageData",
    "ImageSplit",
    "PackedImages",
    "RandomPatches",
    "SeriesWindows",
    "SkippedFile",
    "StreamSplit",
    "load_images",
    "pack",
    "stream_images",
    "stream_pairs",
    "windows",
]


def __getattr__(name: str) -> Any:
    if name == "RandomPatches":  # Imported on demand, because it needs Keras and the rest of the package does not.
        from keras_cae.datasets.random_patches import RandomPatches

        return RandomPatches
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
