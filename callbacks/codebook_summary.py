"""Usage of the codebook of a model."""

from typing import Any

import numpy as np

from keras_cae.callbacks.latent_callback import LatentCallback
from keras_cae.callbacks.summaries import Summary, histogram, image, scalar
from keras_cae.drawing.codebook_map import draw_codebook_map
from keras_cae.drawing.codes import codebook_size_of, codebook_usage, index_incompatibility
from keras_cae.images import scale_images
from keras_cae.kinds import rank_of
from keras_cae.validation import positive_int

USED = "Share of the codebook's vectors that occur at least once in the codes of the images."
PERPLEXITY = (
    "The effective number of vectors in use: the exponential of the entropy of the vectors' relative frequencies."
)
MAP = "The codebook index at each position, in a colour of its own. Similar regions should look alike."


class CodebookSummary(LatentCallback):
    """Shows the usage of the codebook of a model with discrete codes in TensorBoard.

    In each epoch, the callback writes under the tag "codebook/…": `used`, the share of the codebook's vectors that
    occur in the codes of the images; `perplexity`, the exponential of the entropy of their relative frequencies;
    `indices`, a histogram of the indices; and `map`, a figure of a few images, their codes with a colour for each
    index, and their reconstructions.

    It works with models whose `encode` returns integers of shape `(n, rows, columns)` and that have a `codebook_size`.
    Training is not affected.

    Args:
        images: `(n, height, width, channels)`, floats in [0, 1] or integers; or signals or volumes.
        log_dir: folder of the event files, created when training begins; or the `keras.callbacks.TensorBoard` whose
            folder to share, read when training begins.
        freq: number of epochs from one summary to the next.
        max_images: maximum number of images; only the first ones are used.
        shown_images: number of images in the figure.

    Raises:
        ValueError: an argument is invalid; or, when training begins, the model has no codebook, or the folder can't be
            written to.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> summary = keras_cae.callbacks.CodebookSummary(images, log_dir="logs")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> model.fit(images, callbacks=[summary], verbose=0)
    Traceback (most recent call last):
    ValueError: CodebookSummary can't show BasicCAE: it has no codebook (no attribute codebook_size).
    """

    needs_decoder = True

    def __init__(
        self,
        images: Any,
        log_dir: Any = "logs",
        *,
        freq: int = 1,
        max_images: int = 128,
        shown_images: int = 8,
    ) -> None:
        super().__init__(images, log_dir, freq, max_images)
        self.shown_images = positive_int(shown_images, "shown_images")

    def incompatibility(self) -> str | None:
        if codebook_size_of(self.model) is None:
            return "it has no codebook (no attribute codebook_size)."
        return super().incompatibility()

    def code_incompatibility(self, codes: np.ndarray) -> str | None:
        return index_incompatibility(codes, rank_of(self.images))

    def summaries(self, epoch: int) -> dict[str, Summary]:
        size = codebook_size_of(self.model)
        assert size is not None  # checked by `incompatibility`
        codes = self.inference.encode(self.images)
        _, used, perplexity = codebook_usage(codes, size)
        return {
            "codebook/used": scalar(used, USED),
            "codebook/perplexity": scalar(perplexity, PERPLEXITY),
            "codebook/indices": histogram(codes, "The codebook indices in the codes.", (0, size)),
            "codebook/map": image(self._map(codes[: self.shown_images]), MAP),
        }

    def _map(self, codes: np.ndarray) -> np.ndarray:
        images = np.asarray(scale_images(self.images[: len(codes)]), "float32")
        return draw_codebook_map(images, codes, self.inference.decode(codes))
