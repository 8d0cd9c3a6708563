"""Writing of decoded or generated images to files."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.cli.applying.array_writer import ArrayWriter
from keras_cae.cli.applying.outputs import is_array, new_file, new_folder
from keras_cae.cli.applying.pictures import check_pictures, is_deep, numbers, picture_names, write_picture


def write_images(
    model: Any, made: Iterable[np.ndarray], names: Sequence[str] | None, count: int, out: Path | None, what: str
) -> tuple[int, Path]:
    """Write images as an array, or as PNG files in a folder.

    Args:
        model: model that produces the images.
        made: the images, batch by batch.
        names: names of the images, or None to number them.
        count: number of images.
        out: path of the file or folder, or None for a numbered folder.
        what: name of the numbered folder, without its number.

    Returns:
        The number of images written, and the path.

    Raises:
        ValueError: the images can't be written as PNG files, or the names are not distinct.
    """
    if is_array(out):
        with new_file(out, what, "") as (path, unfinished), ArrayWriter(unfinished) as array:
            for batch in made:
                array.write(batch)
        return array.count, path
    check_pictures(model)
    paths = picture_names(numbers(count) if names is None else names)
    written, deep = 0, is_deep(model)
    with new_folder(out, what) as (path, unfinished):
        for batch in made:
            for image in batch:
                write_picture(image, unfinished / paths[written], deep=deep)
                written += 1
    return written, path
