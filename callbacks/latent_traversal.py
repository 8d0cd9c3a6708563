"""The effect of each latent dimension on an image."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from keras_cae.callbacks.latent_callback import LatentCallback
from keras_cae.callbacks.summaries import Summary, image
from keras_cae.drawing.codes import most_active
from keras_cae.drawing.latent_traversal import checked_dims, draw_latent_traversal
from keras_cae.validation import positive_float, positive_int

DESCRIPTION = (
    "Each row changes one dimension of the first image's code and leaves the others unchanged: from left to "
    "right by the given number of {units}. The dimensions that vary most from image to image come first."
)


class LatentTraversal(LatentCallback):
    """Shows the effect of each latent dimension in TensorBoard, by images decoded around the code of an image.

    In each epoch, the callback writes a figure under the tag "latent/traversal", with a row for each dimension. From
    left to right, its value goes from `span` units below that of the first image's code to `span` units above, while
    the other dimensions stay fixed. The unit is that of the prior for models that have one, such as
    `keras_cae.models.VariationalCAE`, and the standard deviation of the codes in this dimension for others.

    It works with models with dense codes (a `latent_dim`) and a decoder that needs only the code. Training is not
    affected.

    Args:
        images: `(n, height, width, channels)`, floats in [0, 1] or integers; or signals or volumes. The code of the
            first one is changed; the units are computed from all of them.
        log_dir: folder of the event files, created when training begins; or the `keras.callbacks.TensorBoard` whose
            folder to share, read when training begins.
        dims: the number of dimensions to show, those that vary most; or the indices of those to show.
        span: the largest change to each side, in units.
        steps: the number of images in a row.
        freq: number of epochs from one summary to the next.
        max_images: maximum number of images; only the first ones are used.

    Raises:
        ValueError: an argument is invalid; or, when training begins, the model is not suitable, or the folder can't be
            written to.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> traversal = keras_cae.callbacks.LatentTraversal(images, log_dir="logs", dims=2, steps=5)
    >>> history = model.fit(images, callbacks=[traversal], verbose=0)
    """

    needs_decoder = True

    def __init__(
        self,
        images: Any,
        log_dir: Any = "logs",
        *,
        dims: int | Iterable[int] = 8,
        span: float = 3.0,
        steps: int = 7,
        freq: int = 1,
        max_images: int = 64,
    ) -> None:
        super().__init__(images, log_dir, freq, max_images)
        self.dims = checked_dims(dims)
        self.span = positive_float(span, "span")
        self.steps = positive_int(steps, "steps")

    def code_incompatibility(self, codes: np.ndarray) -> str | None:
        reason = super().code_incompatibility(codes)
        if reason is None and isinstance(self.dims, tuple) and max(self.dims) >= codes.shape[1]:
            raise ValueError(f"dims must be below the latent_dim of the model, {codes.shape[1]}, got {self.dims}.")
        if reason is None and len(self.images) == 1 and not self.has_prior:
            return (
                "it has no prior, so the unit is the standard deviation of the images' codes. images must contain at "
                "least 2 images, got 1."
            )
        return reason

    def summaries(self, epoch: int) -> dict[str, Summary]:
        codes = self.inference.encode(self.images)
        dims = most_active(codes, self.dims) if isinstance(self.dims, int) else np.array(self.dims)
        offsets = np.linspace(-self.span, self.span, self.steps, dtype="float32")
        picture = draw_latent_traversal(self.inference.decode, codes[0], dims, offsets, self.units(codes))
        units = "units of the prior" if self.has_prior else "standard deviations"
        return {"latent/traversal": image(picture, DESCRIPTION.format(units=units))}
