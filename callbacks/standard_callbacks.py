"""The standard set of callbacks for TensorBoard."""

from typing import Any

import keras

from keras_cae.callbacks.codebook_summary import CodebookSummary
from keras_cae.callbacks.latent_interpolation import LatentInterpolation
from keras_cae.callbacks.latent_projector import LatentProjector
from keras_cae.callbacks.latent_statistics import LatentStatistics
from keras_cae.callbacks.latent_traversal import LatentTraversal
from keras_cae.callbacks.model_card import ModelCard
from keras_cae.callbacks.prior_samples import PriorSamples
from keras_cae.callbacks.reconstruction_error_histogram import ReconstructionErrorHistogram
from keras_cae.callbacks.reconstruction_logger import ReconstructionLogger
from keras_cae.callbacks.tensorboard import TensorBoard
from keras_cae.callbacks.tensorboard_callback import TensorBoardCallback
from keras_cae.drawing.checked_images import checked_images


def standard_callbacks(
    images: Any, log_dir: Any = "logs", *, labels: Any = None, anomalous: Any = None, freq: int = 1
) -> list[keras.callbacks.Callback]:
    """Return the callbacks that show the progress of training in TensorBoard.

    For every model, these are the curves of `keras.callbacks.TensorBoard`, `ModelCard`, `ReconstructionLogger` and
    `ReconstructionErrorHistogram`. For the models that support them, there are also `LatentStatistics` for dense codes,
    `LatentTraversal` and `LatentInterpolation` if the decoder needs only the code, `LatentProjector` for floating-point
    codes, `PriorSamples` for a prior, and `CodebookSummary` for a codebook. A callback that does not support the model
    writes nothing, whereas it raises an error on its own. If the disk is full, a warning says so and training
    continues.

    Args:
        images: `(n, height, width, channels)`, floats in [0, 1] or integers; or signals or volumes. Preferably not
            the training images. The first ones are shown; statistics use up to 128 images, the projector up to 500.
        log_dir: folder of the event files, created when training begins; or a `keras.callbacks.TensorBoard` to use
            instead of a new one.
        labels: the labels of the images for the projector, as `LatentProjector` takes them.
        anomalous: images that should be reconstructed badly, for `ReconstructionErrorHistogram`.
        freq: number of epochs from one summary to the next. The projector shows the first and the last epoch.

    Returns:
        The callbacks, for `model.fit`.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> callbacks = keras_cae.callbacks.standard_callbacks(images, log_dir="logs")
    >>> history = model.fit(images, callbacks=callbacks, verbose=0)
    """
    tensorboard = log_dir
    if not isinstance(log_dir, keras.callbacks.TensorBoard):
        # The graph would be empty for subclassed models.
        tensorboard = TensorBoard(log_dir, write_graph=False)
    made: list[TensorBoardCallback] = [
        ModelCard(tensorboard),
        ReconstructionLogger(images, tensorboard, freq=freq),
        ReconstructionErrorHistogram(images, tensorboard, anomalous=anomalous, freq=freq),
        LatentProjector(images, tensorboard, labels=labels),
        LatentTraversal(images, tensorboard, freq=freq),
        PriorSamples(tensorboard, freq=freq),
        CodebookSummary(images, tensorboard, freq=freq),
    ]
    if len(checked_images(images, 2)) > 1:
        made += [
            LatentInterpolation(images, tensorboard, freq=freq),
            LatentStatistics(images, tensorboard, freq=freq),
        ]
    for callback in made:
        callback.skip_incompatible = True
    return [tensorboard, *made]
