"""Streaming of images during training, for data that do not fit into memory."""

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.datasets.cached_source import CachedSource
from keras_cae.datasets.channels import check_channels
from keras_cae.datasets.image_source import ImageSource, patch_size
from keras_cae.datasets.image_stream import Host
from keras_cae.datasets.open_source import IMAGES, open_source
from keras_cae.datasets.patch_cutter import PatchCutter
from keras_cae.datasets.sizing import Sizing
from keras_cae.datasets.stream_dataset import Streaming, StreamLabels, seed_of_all_hosts
from keras_cae.kinds import KINDS
from keras_cae.validation import boolean, fraction, one_of, optional, positive_int
from keras_cae.validation import seed as seed_rule

FOLDER = "folder"
"""The value of `labels` for the names of folders."""


def stream_images(
    data: Any,
    *,
    batch_size: int = 32,
    image_size: Any = None,
    resize: str = "stretch",
    channels: int | None = None,
    key: str | None = None,
    rank: int = IMAGES,
    pages: bool = False,
    patches: Any = None,
    patches_per_image: int = 1,
    min_std: float = 0.0,
    shuffle: bool = True,
    seed: int | None = None,
    cache: Any = None,
    labels: Any = None,
    input_context: Any = None,
) -> Any:
    """Return batches of images that are read on demand.

    The images have the same pixels, sizes and channels as from `load_images`. The call reads all headers, and the
    pixels of as many images as are needed to decide whether any image is transparent and whether the images use the
    range of their dtype. At most a few batches are in memory at any time.

    Each epoch has a different order, which the seed determines. The number of batches never changes: if an image turns
    out to be damaged when it is decoded, it is recorded in `skipped` and replaced by another one.

    Args:
        data: the path of a folder, which is searched as by `load_images`; a list of the paths of images; the path
            of an `.npy` or `.npz` file, which is memory-mapped unless it is compressed; shards written by `pack`,
            given as their pattern, "train-{shard}.tfrecord", their folder or a list; or an array.
        batch_size: images per batch; the last batch may be smaller.
        image_size: the size to which all images are resized, in pixels: `(height, width)`, or one number for
            square images. By default, the most common size; with `patches`, each image keeps its size.
        resize: "stretch", "crop" or "pad", as in `load_images`.
        channels: 1 (grey), 3 (colour) or 4 (colour and alpha); by default that of the images.
        key: the name of the array in an `.npz` file, as in `load_images`.
        rank: the number of spatial axes: 1 for signals from arrays, and 3 for volumes from arrays or from TIFF
            files, whose pages are the slices.
        pages: whether each page of a TIFF file is a separate image. Otherwise, the first page is used.
        patches: the size of random patches of the images, `(height, width)` or one number; None for whole
            images. Smaller images are skipped, and listed in `skipped`.
        patches_per_image: number of patches of each image in an epoch. They are spread over several batches.
        min_std: the minimum standard deviation of a patch, as a fraction of the value of white, which excludes blank
            patches: 0.02 excludes most of a blank background.
        shuffle: whether the order and the positions of patches change every epoch. Otherwise, the images are sorted
            by path, and the patches are the same in every epoch.
        seed: seed of the order and of patches. None for a random seed; on several hosts, which need the same seed,
            None means 0.
        cache: the path of a file for decoded images, for later epochs and other training runs. It is used if it is
            complete and the names, sizes and modification times of the image files have not changed; otherwise, it
            is created again.
        labels: "folder" yields pairs `(images, labels)` with int32 indices into `class_names`, for scoring. An
            array with one label for each of the paths or examples in `data` is yielded unchanged. For training,
            leave it at None.
        input_context: a `tf.distribute.InputContext`, with which this host reads only its part of each batch.
            Without it, every host reads whole batches, which TensorFlow then divides.

    Returns:
        A `tf.data.Dataset` of batches `(n, height, width, channels)`, uint8 or uint16, or float32 from arrays of
        floats, with a known cardinality and these attributes: `skipped`, a list of the files that could not be read,
        which grows when further damaged files are found; `paths`, the files; `labels`, the index of the folder of each
        file; `class_names`, the names of these folders; `split(validation=0.1, test=0.2, seed=0)`, which returns
        streams of the same three parts as `ImageData.split` without reading the headers again; and
        `skip_epochs(count)`, which skips a number of epochs. `fit` calls it when it resumes training from a backup, so
        that training continues with the same batches.

    Raises:
        TypeError: `data` has an unsupported type.
        FileNotFoundError: there is no such folder or file.
        ValueError: an argument is invalid, there are no images, none can be read, or patches are larger than every
            image.

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
    one_of(rank, "rank", tuple(KINDS))
    if rank != IMAGES:
        check_image_options(rank, image_size=image_size, channels=channels)
    boolean(shuffle, "shuffle")
    boolean(pages, "pages")
    cutter = make_cutter(patches, patches_per_image, min_std, rank)
    seed = seed_of_all_hosts(seed_rule(seed, "seed"))
    cache = optional(path_rule)(cache, "cache")
    host = host_of(input_context)
    check_labels(labels)
    source = open_source(data, sizing, channels, rank=rank, key=key, own_sizes=cutter is not None, pages=pages)
    known = _labels(labels, source, data)
    if cache is not None:
        source = CachedSource(source, cache)
    rows = np.arange(len(source)) if cutter is None else source.large_enough(cutter.size)
    streaming = Streaming(source, rows, batch_size, shuffle, seed, cutter, host, known, labels is not None)
    return streaming.dataset()


def check_image_options(rank: int, **options: Any) -> None:
    """Raise a `ValueError` if an option that applies only to images is given."""
    for name, value in options.items():
        if value is not None:
            raise ValueError(
                f"{name} is only supported for images; {KINDS[rank].noun} (rank={rank}) keep their size and channels. "
                f"Omit it, got {value!r}."
            )


def make_cutter(patches: Any, patches_per_image: Any, min_std: Any, rank: int) -> PatchCutter | None:
    """Return a cutter for the patches that the arguments describe, or None for whole images."""
    positive_int(patches_per_image, "patches_per_image")
    fraction(min_std, "min_std")
    if patches is not None:
        return PatchCutter(patch_size(patches, rank), patches_per_image, float(min_std))
    for name, value, neutral in (("patches_per_image", patches_per_image, 1), ("min_std", min_std, 0)):
        if value != neutral:
            raise ValueError(f"{name} requires patches, got {value!r} without them. Pass patches=(height, width).")
    return None


def path_rule(value: Any, name: str) -> Path:
    """Return the path of a file."""
    if not isinstance(value, str | PathLike) or not str(value):
        raise ValueError(f"{name} must be the path of a file, got {value!r}.")
    path = Path(value).expanduser()
    if path.is_dir():
        raise ValueError(f"{name} must be the path of a file, got the folder {str(value)!r}.")
    return path


def host_of(input_context: Any) -> Host:
    """Return the host that an input context describes."""
    if input_context is None:
        return Host()
    try:
        return Host(int(input_context.input_pipeline_id), int(input_context.num_input_pipelines))
    except AttributeError:
        raise ValueError(f"input_context must be a tf.distribute.InputContext, got {input_context!r}.") from None


def check_labels(labels: Any) -> None:
    """Raise a `ValueError` if the labels are invalid."""
    if labels is None or (isinstance(labels, list | tuple | np.ndarray) and np.asarray(labels).dtype.kind in "buif"):
        return
    if not isinstance(labels, str) or labels != FOLDER:
        raise ValueError(f"labels must be {FOLDER!r}, an array of numbers or None, got {labels!r}.")


def _labels(labels: Any, source: ImageSource, data: Any) -> StreamLabels | None:
    """Return the labels of all images that can be read."""
    if labels is not None and not isinstance(labels, str):
        if isinstance(data, str | PathLike) and source.classes is not None:
            raise ValueError(
                "labels must be 'folder' for a folder, because its files have no fixed order. To pass an array of "
                "labels, pass a list of paths as data."
            )
        given = len(data) if source.classes is not None else len(source)
        values = np.asarray(labels)
        if values.ndim == 0 or len(values) != given:
            raise ValueError(f"labels must have one entry per image, {given} in total, got the shape {values.shape}.")
        return StreamLabels(values[source.kept], ())
    if source.classes is None:
        if labels is not None:
            raise ValueError(
                f"labels={labels!r} requires a folder of images, got {type(data).__name__}. Pass an array of labels."
            )
        return None
    names = sorted(set(source.classes))
    numbers = {name: number for number, name in enumerate(names)}
    return StreamLabels(np.array([numbers[name] for name in source.classes], np.int32), tuple(names))
