"""The base class of callbacks that show codes."""

from typing import Any

import numpy as np

from keras_cae.callbacks.tensorboard_callback import TensorBoardCallback
from keras_cae.drawing.checked_images import checked_images
from keras_cae.drawing.codes import has_prior, vector_incompatibility
from keras_cae.validation import positive_int


class LatentCallback(TensorBoardCallback):
    """Base class of callbacks that show the codes of images, or images decoded from codes.

    Args:
        images: `(n, height, width, channels)`, floats in [0, 1] or integers; or signals or volumes.
        log_dir: folder of the event files, created when training begins; or the `keras.callbacks.TensorBoard` whose
            folder to share, read when training begins.
        freq: number of epochs from one summary to the next.
        max_images: maximum number of images; only the first ones are used.

    Raises:
        ValueError: an argument is invalid; or, when training begins, the callback does not support the codes of the
            model.
    """

    shared_by_copies: tuple[str, ...] = ("images",)
    needs_decoder = False
    """Whether the callback requires a decoder whose only input is the code."""

    def __init__(self, images: Any, log_dir: Any, freq: int | None, max_images: int) -> None:
        super().__init__(log_dir, freq)
        self.max_images = positive_int(max_images, "max_images")
        self.images = checked_images(images, self.max_images)

    def incompatibility(self) -> str | None:
        if not callable(getattr(self.model, "encode", None)):
            return "it has no codes (no method encode)."
        codes = self.inference.encode(self.images[:1])
        return self.code_incompatibility(codes) or (
            self._decoder_incompatibility(codes) if self.needs_decoder else None
        )

    def code_incompatibility(self, codes: np.ndarray) -> str | None:
        """Return why such codes can't be shown, or None if they can."""
        return vector_incompatibility(codes, "CodebookSummary")

    def _decoder_incompatibility(self, codes: np.ndarray) -> str | None:
        try:
            self.inference.decode(codes)
        except ValueError as error:
            return str(error)
        return None

    @property
    def has_prior(self) -> bool:
        """Whether the model has a standard normal prior, from which it can generate images."""
        return has_prior(self.model)

    def units(self, codes: np.ndarray) -> np.ndarray:
        """Return the unit of each latent dimension: 1 for a model with a prior, else the codes' standard deviation."""
        return np.ones(codes.shape[1], "float32") if self.has_prior else codes.std(axis=0)
