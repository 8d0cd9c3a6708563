"""Text files for TensorBoard's Projector: codes, labels and the configuration that lists them."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

MIN_DIMS = 3
"""The minimum dimension of codes that the Projector can show."""


def tensor_file(codes: np.ndarray) -> bytes:
    """Return codes as tab-separated values that represent float32 exactly. NaN and infinite values become 0.

    Raw float32 files are not used: if one of them happens to be valid text, for instance all zeros, TensorBoard 2.21
    does not show any projector.
    """
    codes = np.nan_to_num(codes.reshape(len(codes), -1), posinf=0.0, neginf=0.0)
    codes = np.pad(codes, [(0, 0), (0, max(0, MIN_DIMS - codes.shape[1]))])
    row = "\t".join(["%.9g"] * codes.shape[1])
    return "\n".join(row % tuple(code) for code in codes.tolist()).encode() + b"\n"


def metadata_file(columns: Mapping[str, Iterable[Any]]) -> bytes:
    """Return columns of labels as tab-separated values, with a header only if there are several columns."""
    rows: list[Iterable[Any]] = list(zip(*columns.values(), strict=True))
    if len(columns) > 1:
        rows.insert(0, columns)
    return "".join("\t".join(_field(value) for value in row) + "\n" for row in rows).encode()


def config_file(tensors: Mapping[str, str], metadata: str | None, sprite: tuple[str, tuple[int, int]] | None) -> bytes:
    """Return the configuration: the paths of tensors by name, labels, and images with their size."""
    from google.protobuf import text_format
    from tensorboard.plugins import projector

    config = projector.ProjectorConfig()
    for name, path in tensors.items():
        embedding = config.embeddings.add(tensor_name=name, tensor_path=path, metadata_path=metadata)
        if sprite is not None:
            embedding.sprite.image_path = sprite[0]
            embedding.sprite.single_image_dim.extend(sprite[1])
    return text_format.MessageToString(config).encode()


def _field(value: Any) -> str:
    """Return a label as a table cell. An empty cell would be interpreted as the end of the table."""
    return " ".join(str(value).split()) or "–"
