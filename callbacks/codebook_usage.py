"""Which vectors of a codebook a model uses, and where in images."""

from typing import Any

import numpy as np

from keras_cae.callbacks.color_map import colors_of
from keras_cae.callbacks.grid_canvas import GridCanvas
from keras_cae.callbacks.image_tiles import enlarge, image_tiles
from keras_cae.callbacks.latent_callback import LatentCallback
from keras_cae.callbacks.summaries import Summary, histogram, image, scalar
from keras_cae.images import scale_images
from keras_cae.validation import positive_int

GOLDEN_RATIO = 0.6180339887498949
"""By which colours of successive numbers are apart, so that they differ."""
USED = "Share of the codebook's vectors that at least one place in one of the images has."
PERPLEXITY = "How many vectors would be used if all were used as often: the exponential of the entropy of their shares."
MAP = "Each place of a code in the colour of its vector's number: where places look alike, colours should, too."


class CodebookUsage(LatentCallback):
    """Shows in TensorBoard how a model with discrete codes uses its codebook.

    Writes each epoch, under the tag "codebook/…": `used`, the share of vectors that occur in the codes of the
    images; `perplexity`, the exponential of the entropy of their shares; `indices`, a histogram of their
    numbers; `map`, a picture of a few images above their codes, in a colour for each number, and above the
    reconstructions.

    For models whose `encode` gives integers, `(n, rows, columns)`, and that have a `codebook_size`. Training
    is not touched.

    Args:
        images: `(n, height, width, channels)`, floats in [0, 1] or integers.
        log_dir: folder of the event files, made when training begins; or the `keras.callbacks.TensorBoard`
            whose folder to share, read when training begins.
        freq: number of epochs from one summary to the next.
        max_images: how many images to take at most, the first ones.
        shown_images: how many of them to show.

    Raises:
        ValueError: an argument is not of the kind named above; or, when training begins, the model has no
            codebook, or the folder can't be written to.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> usage = keras_cae.callbacks.CodebookUsage(images, log_dir="logs")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> model.fit(images, callbacks=[usage], verbose=0)
    Traceback (most recent call last):
    ValueError: CodebookUsage can't show BasicCAE: it has no codebook, whose codebook_size would be given.
    """

    needs_decoder = True

    def __init__(
        self,
        images: Any,
        log_dir: Any = "logs",
        freq: int = 1,
        max_images: int = 128,
        shown_images: int = 8,
    ) -> None:
        super().__init__(images, log_dir, freq, max_images)
        self.shown_images = positive_int(shown_images, "shown_images")

    def misfit(self) -> str | None:
        if codebook_size_of(self.model) is None:
            return "it has no codebook, whose codebook_size would be given."
        return super().misfit()

    def misfit_of_codes(self, codes: np.ndarray) -> str | None:
        if codes.dtype.kind in "iu" and codes.ndim == 3:
            return None
        return (
            f"its codes are {codes.dtype} of shape {codes.shape[1:]}, but integers of shape (rows, columns) are needed."
        )

    def summaries(self, epoch: int) -> dict[str, Summary]:
        size = codebook_size_of(self.model)
        assert size is not None  # `misfit` has asked
        codes = self.inference.encode(self.images)
        shares = np.bincount(codes.ravel(), minlength=size) / codes.size
        used = shares[shares > 0]
        return {
            "codebook/used": scalar(len(used) / size, USED),
            "codebook/perplexity": scalar(np.exp(-np.sum(used * np.log(used))), PERPLEXITY),
            "codebook/indices": histogram(codes, "Numbers of the vectors.", (0, size)),
            "codebook/map": image(self._map(codes[: self.shown_images]), MAP),
        }

    def _map(self, codes: np.ndarray) -> np.ndarray:
        images = np.asarray(scale_images(self.images[: len(codes)]), "float32")
        tiles = {
            "input": image_tiles(images),
            "code": index_tiles(codes, max(images.shape[1:3])),
            "reconstruction": image_tiles(self.inference.decode(codes)),
        }
        canvas = GridCanvas(len(codes), max(row.shape[2] for row in tiles.values()), list(tiles))
        for name, row in tiles.items():
            canvas.add_images(name, row)
        return canvas.picture()


def codebook_size_of(model: Any) -> int | None:
    """How many vectors the codebook of a model, or of its bottleneck, has; None if there is no codebook."""
    parts = (getattr(model, "bottleneck", None), model)
    sizes = (getattr(part, "codebook_size", None) for part in parts)
    return next((size for size in sizes if size is not None), None)


def index_tiles(codes: np.ndarray, smallest_side: int) -> np.ndarray:
    """Numbers as uint8 RGB, in colours that differ from one to the next: `(n, rows, columns)` of integers."""
    return enlarge(colors_of(codes * GOLDEN_RATIO % 1.0), max(smallest_side, 64))
