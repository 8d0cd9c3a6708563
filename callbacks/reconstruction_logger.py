"""Reconstructions of a few images during training."""

from typing import Any

from keras_cae.callbacks.summaries import Summary, image
from keras_cae.callbacks.tensorboard_callback import TensorBoardCallback
from keras_cae.drawing.checked_images import checked_images
from keras_cae.drawing.reconstructions import draw_reconstructions, reconstruction_rows
from keras_cae.validation import positive_int

DESCRIPTION = (
    "Each column is an example. The error is the absolute difference between input and reconstruction, "
    "averaged over the channels; its scale is the same in all epochs. A higher PSNR is better."
)


class ReconstructionLogger(TensorBoardCallback):
    """Shows the reconstructions of a few images in TensorBoard.

    In each epoch, the callback writes a figure under the tag "reconstruction". For each image, it shows the input;
    with a corruption, the hidden pixels and the corrupted input; the reconstruction; the absolute error on a fixed
    colour scale; and the peak signal-to-noise ratio in decibels. The noise of the corruption is the same in all epochs.
    It works with every Keras model that maps images to images. If input and output differ in shape, errors are omitted.

    Training is not affected: the weights are identical, to the last bit, to those without the callback.

    Figures are written for the epochs 0, `freq`, 2 `freq`, … and for the last one, even if training stops early.
    TensorBoard keeps ten of them, unless it is started with `--samples_per_plugin images=1000`.

    Args:
        images: `(n, height, width, channels)`, floats in [0, 1] or integers, which are scaled by the largest
            value of their dtype. One channel is shown as grey, three channels as RGB, and four as RGBA over a
            checkerboard. For two channels, their mean is shown; for more than four, the first three. For volumes,
            `(n, depth, height, width, channels)`, the middle slice along each axis is shown. For signals,
            `(n, length, channels)`, the curves of the input and the reconstruction are shown in a panel for each
            channel, with the error below; signals may have any finite values.
        log_dir: folder of the event files, created when training begins; or the `keras.callbacks.TensorBoard` whose
            folder to share, read when training begins. KerasTuner gives each trial a folder of its own.
        freq: number of epochs from one summary to the next.
        max_images: maximum number of images; only the first ones are shown.

    Raises:
        ValueError: an argument is invalid; or, when training begins, the folder can't be written to, or the images
            don't fit the model.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> logger = keras_cae.callbacks.ReconstructionLogger(images, log_dir="logs")
    >>> history = model.fit(images, epochs=2, callbacks=[logger], verbose=0)
    """

    shared_by_copies = ("images",)

    def __init__(self, images: Any, log_dir: Any = "logs", *, freq: int = 1, max_images: int = 8) -> None:
        super().__init__(log_dir, freq)
        self.max_images = positive_int(max_images, "max_images")
        self.images = checked_images(images, self.max_images)

    def incompatibility(self) -> str | None:
        reconstruction_rows(self.model, self.images, self.inference.reconstruct)
        return None

    def summaries(self, epoch: int) -> dict[str, Summary]:
        picture = draw_reconstructions(self.model, self.images, self.inference.reconstruct)
        return {"reconstruction": image(picture, DESCRIPTION)}
