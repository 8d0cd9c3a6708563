"""Images that are read while a model trains, for folders that do not fit into memory."""

import math
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.datasets.channels import check_channels
from keras_cae.datasets.folder import distinct_files, image_paths
from keras_cae.datasets.image_file import IMAGE_SUFFIXES
from keras_cae.datasets.image_stream import ImageStream
from keras_cae.datasets.sizing import Sizing
from keras_cae.validation import boolean, one_of, optional, positive_int
from keras_cae.validation import seed as seed_rule


def stream_images(
    data: Any,
    *,
    batch_size: int = 32,
    image_size: Any = None,
    resize: str = "stretch",
    channels: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    labels: str | None = None,
) -> Any:
    """Return batches of the images of a folder that are read when they are needed.

    The images have the pixels, the size and the channels that `load_images` gives them. Headers are read
    once, at the call; so are the pixels of as many images as it takes to know whether any is transparent and
    whether the images are darker than their type. A few batches at most are in memory at any time.

    Each epoch has another order, the same for the same seed. There are always as many batches as announced:
    an image that turns out to be damaged while it is decoded is noted in `skipped` and another one takes its
    place.

    Args:
        data: the path of a folder, which is searched as `load_images` does, or a list of the paths of images.
        batch_size: images per batch; the last batch may be smaller.
        image_size: the size that all images get, in pixels: `(height, width)`, or one number for square
            images. By default the most common size.
        resize: "stretch", "crop" or "pad", as `load_images` describes them.
        channels: 1 (grey), 3 (colour) or 4 (colour and opacity); by default as the images are.
        shuffle: whether each epoch has another order; else the images come in the order of their paths.
        seed: of the order, None for another one each time.
        labels: "folder" yields pairs `(images, labels)`, for scoring: int32 indices into `class_names`.
            Training takes images only.

    Returns:
        A `tf.data.Dataset` of uint8 or uint16 batches `(n, height, width, channels)`, with a known
        cardinality and these attributes: `skipped`, a list of the files that could not be read, which grows
        as damaged files are met; `paths`, the files; `labels`, the index of the folder of each file;
        `class_names`, the names of these folders.

    Raises:
        TypeError: `data` is neither a path nor a list of paths.
        FileNotFoundError: there is no such folder or file.
        ValueError: an argument is not of the kind named above, there are no images, or none can be read.

    Example:

    >>> from PIL import Image
    >>> paths = [f"{number}.png" for number in range(5)]
    >>> for path in paths:
    ...     Image.new("RGB", (12, 8)).save(path)
    >>> stream = keras_cae.datasets.stream_images(paths, batch_size=2, seed=0)
    >>> [batch.shape[0] for batch in stream]
    [2, 2, 1]
    >>> stream.skipped
    []
    """
    batch_size = positive_int(batch_size, "batch_size")
    sizing = Sizing(image_size, resize, None)
    check_channels(channels)
    boolean(shuffle, "shuffle")
    seed = seed_rule(seed, "seed")
    labels = optional(one_of_folder)(labels, "labels")
    root, paths = _files(data)
    stream = ImageStream(paths, sizing, channels, batch_size, shuffle=shuffle, seed=seed)
    names = [_class_name(path, root) for path in stream.paths]
    class_names = sorted(set(names))
    stream.labels = np.array([class_names.index(name) for name in names], np.int32)
    return _dataset(stream, class_names, labelled=labels is not None)


def one_of_folder(value: Any, name: str) -> str:
    """The one source of labels."""
    return str(one_of(value, name, ("folder",)))


def _files(data: Any) -> tuple[Path | None, list[Path]]:
    """The folder, if it is one, and the files."""
    if isinstance(data, str | PathLike):
        folder = Path(data).expanduser()
        if not folder.exists():
            raise FileNotFoundError(f"data names nothing that exists: {str(data)!r}. It must be a folder of images.")
        if not folder.is_dir():
            raise ValueError(f"data must be a folder or a list of paths, got the file {str(data)!r}. Pass [path].")
        paths, _ = distinct_files(image_paths(folder))
        if not paths:
            raise ValueError(
                f"There are no images in the folder {str(folder)!r}: no visible file there or in the folders "
                f"in it ends in {', '.join(IMAGE_SUFFIXES)}."
            )
        return folder, paths
    if not isinstance(data, list | tuple) or not all(isinstance(path, str | PathLike) for path in data):
        raise TypeError(f"data must be the path of a folder or a list of paths of images, got {type(data).__name__}.")
    if not data:
        raise ValueError("data must hold at least one path, got an empty list.")
    paths = [Path(path).expanduser() for path in data]
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise FileNotFoundError(f"data names a file that does not exist: {str(missing)!r}.")
    return None, paths


def _class_name(path: Path, root: Path | None) -> str:
    return path.parent.name if root is None else path.parent.relative_to(root).as_posix()


def _dataset(stream: ImageStream, class_names: list[str], labelled: bool) -> Any:
    import tensorflow as tf

    images = tf.TensorSpec((None, *stream.shape), tf.as_dtype(stream.dtype))
    signature = (images, tf.TensorSpec((None,), tf.int32)) if labelled else images
    dataset: Any = tf.data.Dataset.from_generator(lambda: stream.epoch(labelled), output_signature=signature)
    batches = math.ceil(len(stream.paths) / stream.batch_size)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(batches)).prefetch(1)
    dataset.skipped = stream.skipped
    dataset.paths = tuple(map(str, stream.paths))
    dataset.labels = stream.labels
    dataset.class_names = tuple(class_names)
    return dataset
