"""Images generated from the prior of a model."""

from typing import Any

import numpy as np

from keras_cae.callbacks.summaries import Summary, image
from keras_cae.callbacks.tensorboard_callback import TensorBoardCallback
from keras_cae.drawing.codes import has_prior
from keras_cae.drawing.samples import draw_samples
from keras_cae.validation import non_negative_int, positive_int

DESCRIPTION = "Images decoded from codes sampled from the prior. The codes are the same in every epoch."


class PriorSamples(TensorBoardCallback):
    """Shows images generated from the prior of a model in TensorBoard.

    In each epoch, the callback writes a figure under the tag "latent/prior_samples", from the same codes in every
    epoch. It works with models with a prior, such as `keras_cae.models.VariationalCAE`, whose `sample(n, seed=seed)`
    generates the images. Training is not affected.

    Args:
        log_dir: folder of the event files, created when training begins; or the `keras.callbacks.TensorBoard` whose
            folder to share, read when training begins.
        n: number of images to generate.
        seed: seed of the codes.
        freq: number of epochs from one summary to the next.

    Raises:
        ValueError: an argument is invalid; or, when training begins, the model has no prior, or the folder can't be
            written to.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.VariationalCAE(latent_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="binary_crossentropy")
    >>> samples = keras_cae.callbacks.PriorSamples(log_dir="logs", n=12)
    >>> history = model.fit(images, callbacks=[samples], verbose=0)
    """

    def __init__(self, log_dir: Any = "logs", *, n: int = 24, seed: int = 0, freq: int = 1) -> None:
        super().__init__(log_dir, freq)
        self.n = positive_int(n, "n")
        self.seed = non_negative_int(seed, "seed")

    def incompatibility(self) -> str | None:
        if has_prior(self.model):
            return None
        return "it has no prior from which to sample codes. Use a model with a prior, such as VariationalCAE."

    def summaries(self, epoch: int) -> dict[str, Summary]:
        images = np.asarray(self.model.sample(self.n, seed=self.seed), "float32")
        return {"latent/prior_samples": image(draw_samples(images), DESCRIPTION)}
