"""Images to train on: bundled, downloaded, from folders, from files and from memory."""

from keras_cae.datasets.image_data import ImageData, SkippedFile
from keras_cae.datasets.load_images import load_images
from keras_cae.datasets.split import ImageSplit

__all__ = ["ImageData", "ImageSplit", "SkippedFile", "load_images"]
