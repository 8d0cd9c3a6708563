"""The common implementation of the functions that process an image tile by tile."""

import contextlib
import itertools
import math
import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_cae.files import write_atomically
from keras_cae.pixel_values import WHITE
from keras_cae.ranks import size_in_words
from keras_cae.tiling.canvas import Canvas
from keras_cae.tiling.image_reader import ImageReader
from keras_cae.tiling.layout import axes_of
from keras_cae.tiling.mapped import new_array_file, release_pages
from keras_cae.tiling.task import Task
from keras_cae.tiling.tile_axis import TileAxis
from keras_cae.validation import optional, positive_int

Progress = Callable[[int, int], Any]
PIXELS_PER_BATCH = 2**18
"""The default number of pixels in a batch: one tile of 512×512."""
MAX_TILES_PER_BATCH = 128
NOISE = 1.0
"""How far noise may move floats in [0, 1] beyond this range."""


def run(
    task: Task,
    image: Any,
    *,
    tile: Any,
    overlap: Any,
    batch_size: int | None,
    out: Any,
    dtype: Any,
    progress: Progress | None,
) -> Any:
    """Apply a task to an image tile by tile. The other arguments are those of `predict_tiled`."""
    batch_size = optional(positive_int)(batch_size, "batch_size")
    if progress is not None and not callable(progress):
        raise TypeError(f"progress must be a function of two numbers, got {progress!r}.")
    autoencoder = task.autoencoder
    reader = ImageReader(image, autoencoder.rank, autoencoder.variable_dtype)
    check_out(out, dtype, image)
    axes = axes_of(task, reader, tile, overlap)
    sides = task.fixed_size or tuple(axis.tile for axis in axes)
    _check_values(task, reader, sides)
    count = math.prod(len(axis.starts) for axis in axes)
    if count > 1 and task.fixed_size is None and not task.is_exact:
        warnings.warn(_inexact(task), stacklevel=3)
    tiles_per_batch = batch_size or min(MAX_TILES_PER_BATCH, max(1, PIXELS_PER_BATCH // math.prod(sides)))
    outputs = _outputs(task, reader, axes, sides, tiles_per_batch)
    first = next(outputs)
    shape = (*(axis.cells for axis in axes), *first[1].shape[len(axes) :])
    with opened(out, shape, np.dtype(dtype or getattr(out, "dtype", first[1].dtype))) as target:
        canvas = Canvas(target, axes, first[1].dtype, _conversion(task, reader, target, first[1].dtype))
        for done, (index, values) in enumerate(itertools.chain([first], outputs), start=1):
            canvas.add(index, values)
            if progress is not None:
                progress(done, count)
        canvas.finish()
    return np.load(out, mmap_mode="r") if isinstance(out, str | os.PathLike) else target


def _check_values(task: Task, reader: ImageReader, sides: tuple[int, ...]) -> None:
    """Refuse values that the model does not accept. The whole image is checked, because single tiles may be dark."""
    extremes = reader.extremes().reshape(2, *[1] * (len(sides) + 1))
    task.autoencoder._gate.check_array(np.broadcast_to(extremes, (2, *sides, reader.channels)), "image")


def _inexact(task: Task) -> str:
    name = type(task.autoencoder).__name__
    if task.problem is not None:
        reason = "whose receptive field can't be measured"
    elif task.reaches is None:
        reason = "whose outputs depend on the whole image or on their absolute position"
    else:
        reason = "whose normalization uses statistics of the whole image"
    return (
        f"Tiles are not exact with this {name}, {reason}. They are blended where they overlap, but the result differs "
        "from that of the whole image. The difference is smaller with larger tiles."
    )


def _outputs(
    task: Task,
    reader: ImageReader,
    axes: list[TileAxis],
    sides: tuple[int, ...],
    batch_size: int,
) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
    """Yield the index and the outputs of each tile, without the outputs of padded pixels."""
    function = task.function((*sides, reader.channels), reader.dtype)
    cells = tuple(slice(axis.outputs(0).stop) for axis in axes)
    expected = tuple(-(-side // cell) for side, cell in zip(sides, task.cells, strict=True))
    indices = itertools.product(*(range(len(axis.starts)) for axis in axes))
    while chosen := list(itertools.islice(indices, batch_size)):
        batch = np.stack([reader.tile(axes, index, sides) for index in chosen])
        release_pages(reader.image)
        outputs = np.asarray(function(tf.constant(batch)))
        if outputs.shape[1 : len(sides) + 1] != expected:
            raise ValueError(
                f"Tiles can only be joined if their outputs have the expected size, but for tiles of "
                f"{size_in_words(sides)} this model returns {size_in_words(outputs.shape[1 : len(sides) + 1])} outputs "
                f"instead of {size_in_words(expected)}."
            )
        for index, values in zip(chosen, outputs, strict=True):
            yield index, values[cells]


# The result


def check_out(out: Any, dtype: Any, image: Any) -> None:
    """Refuse an `out` that can't be written to, or that shares memory with the image, which later tiles still read."""
    if isinstance(out, str | os.PathLike):
        if Path(out).suffix != ".npy":
            raise ValueError(f"out must be the path of an .npy file, or an array to write to, got {str(out)!r}.")
        return
    if out is None:
        return
    if not (hasattr(out, "shape") and hasattr(out, "dtype") and hasattr(out, "__setitem__")):
        raise TypeError(f"out must be an array to write to, or the path of an .npy file, got {out!r}.")
    if not getattr(getattr(out, "flags", None), "writeable", True):
        raise ValueError('out must be an array that can be written to. Open a file with mode "r+" or "w+".')
    same_file = getattr(out, "filename", None) is not None and out.filename == getattr(image, "filename", None)
    if same_file or (isinstance(out, np.ndarray) and isinstance(image, np.ndarray) and np.may_share_memory(out, image)):
        raise ValueError("out must not share memory with the image, whose pixels are read by several tiles.")
    if dtype is not None and np.dtype(dtype) != out.dtype:
        raise ValueError(f"dtype must be the dtype of out, {out.dtype}, or omitted, got {np.dtype(dtype)}.")


@contextlib.contextmanager
def opened(out: Any, shape: tuple[int, ...], dtype: np.dtype) -> Iterator[Any]:
    """Yield the array to write to. A file is written completely or not at all."""
    if isinstance(out, str | os.PathLike):
        with write_atomically(out) as unfinished:
            target = new_array_file(unfinished, shape, dtype)
            yield target
            target.flush()
        return
    if out is not None and tuple(out.shape) != shape:
        raise ValueError(f"out must have the shape of the outputs, {shape}, got {tuple(out.shape)}.")
    yield np.empty(shape, dtype) if out is None else out


def _conversion(task: Task, reader: ImageReader, target: Any, computed: np.dtype) -> Any:
    """Return the function that converts outputs to values of the target; None if the target can store partial sums."""
    dtype = np.dtype(target.dtype)
    if dtype == computed:
        return None if isinstance(target, np.ndarray) else lambda values: values
    if dtype.kind == "f" or (dtype.kind in "iu" and computed.kind == "i"):
        return lambda values: values.astype(dtype)
    if not task.in_unit_of_images or dtype.kind not in "iub":
        raise ValueError(f"dtype must be a float type for these outputs, got {dtype}.")
    scale = _scale(task, reader, dtype)
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)

    def rounded(values: np.ndarray) -> np.ndarray:
        # In float64, which represents every 32-bit integer exactly.
        return np.clip(np.rint(values.astype("float64") * scale), low, high).astype(dtype)

    return rounded


def _scale(task: Task, reader: ImageReader, dtype: np.dtype) -> int:
    """Return the factor of the outputs: the value of white, or 1 for data in another unit."""
    gate = task.autoencoder._gate
    low, high = gate.span or (0.0, 1.0)
    if reader.dtype.kind == "f" and not (low >= -NOISE and high <= 1 + NOISE):
        return 1
    if reader.dtype.kind == "f" and gate.bounded and gate.low < 0:
        raise ValueError(
            f"dtype must be a float type for a model of images from {gate.low:g} to {gate.high:g}, got {dtype}."
        )
    if dtype.name not in WHITE:
        raise ValueError(
            f"dtype must be a type in which images are stored, such as uint8 or uint16, or a float type, got {dtype}."
        )
    return WHITE[dtype.name]
