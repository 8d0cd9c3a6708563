"""Interpolation between the codes of two images."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from keras_cae.callbacks.latent_callback import LatentCallback
from keras_cae.callbacks.summaries import Summary, image
from keras_cae.drawing.latent_interpolation import draw_latent_interpolation
from keras_cae.images import scale_images
from keras_cae.validation import non_negative_int, positive_int

DESCRIPTION = (
    "The given images are at both ends. Those between them are decoded from codes between theirs: on the "
    "straight line, and on the arc around the origin{center}."
)


class LatentInterpolation(LatentCallback):
    """Shows interpolations between the codes of images in TensorBoard.

    In each epoch, the callback writes a figure under the tag "latent/interpolation", with two rows for each pair of
    images: images decoded along the straight line between their codes, and along an arc with an evenly changing radius
    (spherical interpolation; White 2016, "Sampling Generative Networks"). In many dimensions, the straight line leaves
    the shell in which the samples of a normal distribution lie. The centre of the arc is the origin for models with a
    prior, and the mean of the codes of the images otherwise. Each row begins and ends with the images themselves.

    It works with models with dense codes (a `latent_dim`) and a decoder that needs only the code. Training is not
    affected.

    Args:
        images: `(n, height, width, channels)`, floats in [0, 1] or integers; or signals or volumes.
        log_dir: folder of the event files, created when training begins; or the `keras.callbacks.TensorBoard` whose
            folder to share, read when training begins.
        pairs: the number of pairs: the first image with the second, the third with the fourth, and so on;
            or the indices `(i, j)` of the images of each pair.
        steps: the number of decoded images in a row, including those of the images' own codes.
        freq: number of epochs from one summary to the next.
        max_images: maximum number of images; only the first ones are used.

    Raises:
        ValueError: an argument is invalid; or, when training begins, the model is not suitable, or the folder can't be
            written to.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.VariationalCAE(latent_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="binary_crossentropy")
    >>> between = keras_cae.callbacks.LatentInterpolation(images, log_dir="logs", pairs=[(0, 5)], steps=4)
    >>> history = model.fit(images, callbacks=[between], verbose=0)
    """

    needs_decoder = True

    def __init__(
        self,
        images: Any,
        log_dir: Any = "logs",
        *,
        pairs: int | Iterable[tuple[int, int]] = 3,
        steps: int = 6,
        freq: int = 1,
        max_images: int = 64,
    ) -> None:
        super().__init__(images, log_dir, freq, max_images)
        self.pairs = _checked_pairs(pairs, len(self.images))
        self.steps = positive_int(steps, "steps")

    def summaries(self, epoch: int) -> dict[str, Summary]:
        codes = self.inference.encode(self.images)
        picture = draw_latent_interpolation(
            self.inference.decode,
            images=np.asarray(scale_images(self.images), "float32"),
            codes=codes,
            pairs=self.pairs,
            steps=self.steps,
            center=np.zeros_like(codes[0]) if self.has_prior else codes.mean(axis=0),
        )
        center = "" if self.has_prior else " (here the mean of all codes)"
        return {"latent/interpolation": image(picture, DESCRIPTION.format(center=center))}

    def incompatibility(self) -> str | None:
        reason = super().incompatibility()
        if reason is None:
            decoded = self.inference.decode(self.inference.encode(self.images[:1]))
            if decoded.shape[1:] != self.images.shape[1:]:
                reason = f"it maps images of shape {self.images.shape[1:]} to images of shape {decoded.shape[1:]}."
        return reason


def _checked_pairs(pairs: Any, count: int) -> tuple[tuple[int, int], ...]:
    if not isinstance(pairs, Iterable):
        most = min(positive_int(pairs, "pairs"), count // 2)
        if not most:
            raise ValueError("images must contain at least 2 images to interpolate between, got 1.")
        return tuple((2 * index, 2 * index + 1) for index in range(most))
    expected = f"pairs must be a positive integer, or pairs of indices of the {count} images"
    try:
        checked: Any = tuple(tuple(non_negative_int(index, "pairs") for index in pair) for pair in pairs)
    except TypeError as error:
        raise ValueError(f"{expected}, got {pairs!r}.") from error
    if not checked or any(len(pair) != 2 or max(pair) >= count for pair in checked):
        raise ValueError(f"{expected}, got {checked}.")
    return checked
