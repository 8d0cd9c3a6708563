"""Streaming of pairs of images during training."""

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.datasets.channels import check_channels
from keras_cae.datasets.open_source import IMAGES
from keras_cae.datasets.pair_source import PairSource, partners
from keras_cae.datasets.picture_source import PictureSource
from keras_cae.datasets.sizing import Sizing
from keras_cae.datasets.stream_dataset import Streaming, seed_of_all_hosts
from keras_cae.datasets.stream_images import host_of, make_cutter
from keras_cae.validation import boolean, positive_int
from keras_cae.validation import seed as seed_rule


def stream_pairs(
    noisy_folder: Any,
    clean_folder: Any,
    *,
    batch_size: int = 32,
    image_size: Any = None,
    resize: str = "stretch",
    channels: int | None = None,
    patches: Any = None,
    patches_per_image: int = 1,
    min_std: float = 0.0,
    shuffle: bool = True,
    seed: int | None = None,
    input_context: Any = None,
) -> Any:
    """Return batches of pairs of noisy and clean images that are read on demand, for `fit`.

    Images with the same path in both folders form a pair; their suffixes may differ. With `patches`, both images of a
    pair are cut at the same position. If an image turns out to be damaged when it is decoded, it is recorded in
    `skipped` and its pair is replaced by another one.

    Args:
        noisy_folder: the path of the folder of noisy images, the inputs.
        clean_folder: the path of the folder of clean images, the targets.
        batch_size: pairs per batch; the last batch may be smaller.
        image_size: the size to which all images are resized, as in `stream_images`. Without it, the images of each
            pair must have the same size.
        resize: "stretch", "crop" or "pad", as in `load_images`.
        channels: 1 (grey), 3 (colour) or 4 (colour and alpha); by default that of the images of each folder.
        patches: the size of random patches of the images, `(height, width)` or one number; None for whole images.
        patches_per_image: number of patches of each pair in an epoch.
        min_std: the minimum standard deviation of a patch of the clean image, as a fraction of the value of white.
        shuffle: whether the order and the positions of patches change every epoch.
        seed: seed of the order and of patches, as in `stream_images`.
        input_context: a `tf.distribute.InputContext`, as in `stream_images`.

    Returns:
        A `tf.data.Dataset` of pairs of batches `(n, height, width, channels)`, with the attributes of
        `stream_images` and `target_paths`, the files of the clean images.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: an image has no counterpart, the images of a pair differ in size, or as in `stream_images`.

    Example:

    >>> import os
    >>> from PIL import Image
    >>> for folder, grey in (("noisy", 90), ("clean", 100)):
    ...     os.mkdir(folder)
    ...     for number in range(3):
    ...         Image.new("L", (40, 30), grey).save(f"{folder}/{number}.png")
    >>> stream = keras_cae.datasets.stream_pairs("noisy", "clean", patches=16, batch_size=3, seed=0)
    >>> for noisy, clean in stream:
    ...     print(noisy.shape, clean.shape)
    (3, 16, 16, 1) (3, 16, 16, 1)
    """
    batch_size = positive_int(batch_size, "batch_size")
    sizing = Sizing(image_size, resize, None)
    check_channels(channels)
    boolean(shuffle, "shuffle")
    cutter = make_cutter(patches, patches_per_image, min_std, IMAGES)
    seed = seed_of_all_hosts(seed_rule(seed, "seed"))
    host = host_of(input_context)
    folders = _folder(noisy_folder, "noisy_folder"), _folder(clean_folder, "clean_folder")
    noisy, clean = (
        PictureSource(paths, sizing, channels, own_sizes=cutter is not None) for paths in partners(*folders)
    )
    source = PairSource(noisy, clean)
    rows = np.arange(len(source)) if cutter is None else source.large_enough(cutter.size)
    return Streaming(source, rows, batch_size, shuffle, seed, cutter, host).dataset()


def _folder(value: Any, name: str) -> Path:
    if not isinstance(value, str | PathLike):
        raise TypeError(f"{name} must be the path of a folder, got {type(value).__name__}.")
    return Path(value).expanduser()
