"""The files that TensorBoard's Projector reads: codes, metadata, a sprite of images, and what lists them."""

import io
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from PIL import Image

from keras_cae.callbacks.image_tiles import shrink

LARGEST_SPRITE = 8192
"""Pixels of a side that TensorBoard shows."""
LARGEST_SIDE = 64
"""Pixels of a single image's side, beyond which the sprite only grows."""
FEWEST_DIMS = 3
"""Of codes: of fewer, the Projector shows no points."""


def tensor_file(codes: np.ndarray) -> bytes:
    """Codes as tab-separated values, from which float32 comes back exactly. Infinite ones and NaN become 0.

    Text, because one file of raw numbers that happens to be valid text, all zeros for instance, keeps
    TensorBoard 2.21 from showing any.
    """
    codes = np.nan_to_num(codes.reshape(len(codes), -1), posinf=0.0, neginf=0.0)
    codes = np.pad(codes, [(0, 0), (0, max(0, FEWEST_DIMS - codes.shape[1]))])
    row = "\t".join(["%.9g"] * codes.shape[1])
    return "\n".join(row % tuple(code) for code in codes.tolist()).encode() + b"\n"


def metadata_file(columns: Mapping[str, Iterable[Any]]) -> bytes:
    """Columns of labels as tab-separated values; several have a header, a single one must not."""
    rows: list[Iterable[Any]] = list(zip(*columns.values(), strict=True))
    if len(columns) > 1:
        rows.insert(0, columns)
    return "".join("\t".join(_field(value) for value in row) + "\n" for row in rows).encode()


def sprite_file(images: np.ndarray) -> tuple[bytes, tuple[int, int]]:
    """Images in a square grid, row by row, as a PNG, and the width and height of each.

    Args:
        images: floats `(n, height, width, channels)` with values from 0 to 1.
    """
    per_row = math.ceil(math.sqrt(len(images)))
    images = shrink(np.clip(images, 0, 1), min(LARGEST_SIDE, LARGEST_SPRITE // per_row))
    images = np.rint(_shown_channels(images) * 255).astype("uint8")
    n, height, width, channels = images.shape
    grid = np.zeros((per_row, per_row, height, width, channels), "uint8")
    grid.reshape(-1, height, width, channels)[:n] = images
    pixels = grid.swapaxes(1, 2).reshape(per_row * height, per_row * width, channels)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue(), (width, height)


def config_file(tensors: Mapping[str, str], metadata: str | None, sprite: str, size: tuple[int, int]) -> bytes:
    """The configuration: where in its folder the tensors are, by name, their metadata and the sprite."""
    from google.protobuf import text_format
    from tensorboard.plugins import projector

    config = projector.ProjectorConfig()
    for name, path in tensors.items():
        embedding = config.embeddings.add(tensor_name=name, tensor_path=path, metadata_path=metadata)
        embedding.sprite.image_path = sprite
        embedding.sprite.single_image_dim.extend(size)
    return text_format.MessageToString(config).encode()


def _shown_channels(images: np.ndarray) -> np.ndarray:
    """Red, green and blue; with opacity where there are four channels."""
    channels = images.shape[-1]
    if channels <= 2:
        return images.mean(axis=-1, keepdims=True).repeat(3, axis=-1)
    return images if channels == 4 else images[..., :3]


def _field(value: Any) -> str:
    """A label in one cell of the table. An empty one would be taken for the end of the table."""
    return " ".join(str(value).split()) or "–"
