"""Images beside the codebook indices that encode them."""

import numpy as np

from keras_cae.drawing.grid_canvas import GridCanvas
from keras_cae.drawing.thumbnails import MEDIUM, index_maps, thumbnails


def draw_codebook_map(images: np.ndarray, indices: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Draw images, the codebook index of each position in its own colour, and the reconstructions.

    Args:
        images: floats `(n, height, width, channels)` from 0 to 1.
        indices: integers `(n, rows, columns)`.
        reconstructions: floats `(n, height, width, channels)` from 0 to 1.

    Returns:
        The picture, `(height, width, 3)` uint8.
    """
    tiles = {
        "input": thumbnails(images),
        "code": index_maps(indices, max(*images.shape[1:3], MEDIUM)),
        "reconstruction": thumbnails(reconstructions),
    }
    canvas = GridCanvas(len(images), max(row.shape[2] for row in tiles.values()), list(tiles))
    for name, row in tiles.items():
        canvas.add_images(name, row)
    return canvas.picture()
