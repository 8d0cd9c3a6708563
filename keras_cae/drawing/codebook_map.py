"""Pictures of images and their codebook indices."""

import numpy as np

from keras_cae.drawing.grid_canvas import GridCanvas
from keras_cae.drawing.pictures import index_pictures, pictures
from keras_cae.drawing.thumbnails import MEDIUM


def draw_codebook_map(images: np.ndarray, indices: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Draw images, the codebook index of each position in its own colour, and the reconstructions.

    Args:
        images: floats `(n, *spatial, channels)`, from 0 to 1 for images and volumes.
        indices: integers `(n, rows, columns)`, or `(n, *spatial)` for signals and volumes.
        reconstructions: floats like the images.

    Returns:
        The picture, `(height, width, 3)` uint8.
    """
    tiles = codebook_tiles(images, indices, reconstructions)
    canvas = GridCanvas(len(images), max(row.shape[2] for row in tiles.values()), list(tiles))
    for name, row in tiles.items():
        canvas.add_images({name: "black"}, row)
    return canvas.picture()


def codebook_tiles(images: np.ndarray, indices: np.ndarray, reconstructions: np.ndarray) -> dict[str, np.ndarray]:
    """Return the pictures in each row of `draw_codebook_map`, `(n, height, width, 3)` uint8, by the row's name."""
    return {
        "input": pictures(images),
        "code": index_pictures(indices, max(*images.shape[1:-1], MEDIUM)),
        "reconstruction": pictures(reconstructions),
    }
