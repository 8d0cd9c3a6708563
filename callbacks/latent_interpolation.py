"""What lies between the codes of two images."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from keras_cae.callbacks.image_grid import reconstruction_grid
from keras_cae.callbacks.latent_callback import LatentCallback
from keras_cae.callbacks.summaries import Summary, image
from keras_cae.images import scale_images
from keras_cae.validation import non_negative_int, positive_int

SMALLEST_SIDE = 48
"""Of the shown images, in pixels: there are many of them."""
SMALLEST_ANGLE = 1e-4
"""In radians: below it, and as near to half a turn, an arc is not defined in float32."""
DESCRIPTION = (
    "The outermost images are given; between them stand images decoded from codes on the way from the one's "
    "code to the other's: on the straight line, and on the arc around the origin{center}."
)


class LatentInterpolation(LatentCallback):
    """Shows in TensorBoard how one image turns into another on the way between their codes.

    Writes one picture an epoch, under the tag "latent/interpolation", with two rows for each pair of images:
    codes on the straight line between theirs, and on the arc, whose length changes evenly too (spherical
    interpolation; White 2016, "Sampling Generative Networks"): in many dimensions the straight line leaves
    the shell where a normal distribution's codes are. The arc is around the origin for models with a prior,
    else around the mean of the images' codes. At the ends stand the images themselves.

    For models with dense codes (a `latent_dim`) that decode codes alone. Training is not touched.

    Args:
        images: `(n, height, width, channels)`, floats in [0, 1] or integers.
        log_dir: folder of the event files, made when training begins; or the `keras.callbacks.TensorBoard`
            whose folder to share, read when training begins.
        pairs: how many pairs to show, the first image with the second, the third with the fourth, …; or
            the numbers `(i, j)` of the images of each pair.
        steps: how many decoded images there are in a row, those of the images' own codes included.
        freq: number of epochs from one picture to the next.
        max_images: how many images to take at most, the first ones.

    Raises:
        ValueError: an argument is not of the kind named above; or, when training begins, the model is not, or
            the folder can't be written to.

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
        center = np.zeros_like(codes[0]) if self.has_prior else codes.mean(axis=0)
        parts = np.linspace(0.0, 1.0, self.steps, dtype="float32")
        ways = [
            way
            for i, j in self.pairs
            for way in (straight(codes[i], codes[j], parts), arc(codes[i], codes[j], parts, center))
        ]
        decoded = self.inference.decode(np.concatenate(ways))
        shown = np.asarray(scale_images(self.images), "float32")
        rows = {}
        for index, way in enumerate(decoded.reshape(len(ways), self.steps, *decoded.shape[1:])):
            first, last = self.pairs[index // 2]
            name = f"{('straight', 'arc')[index % 2]} {index // 2 + 1}"
            rows[name] = np.concatenate([shown[first : first + 1], way, shown[last : last + 1]])
        picture = reconstruction_grid(rows, smallest_side=SMALLEST_SIDE)
        around = "" if self.has_prior else " (here the mean of all codes)"
        return {"latent/interpolation": image(picture, DESCRIPTION.format(center=around))}

    def misfit(self) -> str | None:
        reason = super().misfit()
        if reason is None:
            decoded = self.inference.decode(self.inference.encode(self.images[:1]))
            if decoded.shape[1:] != self.images.shape[1:]:
                reason = f"it makes images of shape {decoded.shape[1:]} of such of {self.images.shape[1:]}."
        return reason


def straight(first: np.ndarray, last: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Codes on the line between two, `(parts, latent_dim)`; `parts` go from 0 to 1."""
    return first + parts[:, None] * (last - first)


def arc(first: np.ndarray, last: np.ndarray, parts: np.ndarray, center: np.ndarray) -> np.ndarray:
    """Codes on the arc around the center between two, `(parts, latent_dim)`; `parts` go from 0 to 1.

    Where there is no such arc, because the codes lie in the same or in opposite directions, on the line.
    """
    one, other = first - center, last - center
    norms = np.linalg.norm(one) * np.linalg.norm(other)
    angle = np.arccos(np.clip(one @ other / norms, -1, 1)) if norms > 0 else 0.0
    if not SMALLEST_ANGLE < angle < np.pi - SMALLEST_ANGLE:
        return straight(first, last, parts)
    weights = np.sin([(1 - parts) * angle, parts * angle]) / np.sin(angle)
    return (center + weights.T @ np.stack([one, other])).astype("float32")


def _checked_pairs(pairs: Any, count: int) -> tuple[tuple[int, int], ...]:
    if not isinstance(pairs, Iterable):
        most = min(positive_int(pairs, "pairs"), count // 2)
        if not most:
            raise ValueError("images must be two at least, to go from one to another, got one.")
        return tuple((2 * index, 2 * index + 1) for index in range(most))
    checked: Any = tuple(tuple(non_negative_int(index, "pairs") for index in pair) for pair in pairs)
    if not checked or any(len(pair) != 2 or max(pair) >= count for pair in checked):
        raise ValueError(f"pairs must be a positive integer, or pairs of numbers of the {count} images, got {checked}.")
    return checked
