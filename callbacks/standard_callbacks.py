"""All that there is to watch, at once."""

from typing import Any

import keras

from keras_cae.callbacks.codebook_usage import CodebookUsage
from keras_cae.callbacks.curves import TensorBoard
from keras_cae.callbacks.latent_interpolation import LatentInterpolation
from keras_cae.callbacks.latent_projector import LatentProjector
from keras_cae.callbacks.latent_statistics import LatentStatistics
from keras_cae.callbacks.latent_traversal import LatentTraversal
from keras_cae.callbacks.model_card import ModelCard
from keras_cae.callbacks.prior_samples import PriorSamples
from keras_cae.callbacks.reconstruction_error_histogram import ReconstructionErrorHistogram
from keras_cae.callbacks.reconstruction_logger import ReconstructionLogger
from keras_cae.callbacks.shown_images import shown_images
from keras_cae.callbacks.tensorboard_callback import TensorBoardCallback


def standard_callbacks(
    log_dir: Any, images: Any, labels: Any = None, anomalous: Any = None, freq: int = 1
) -> list[keras.callbacks.Callback]:
    """Return the callbacks that show in TensorBoard what a person wants to watch in a training.

    For every model: the curves of `keras.callbacks.TensorBoard`, `ModelCard`, `ReconstructionLogger` and
    `ReconstructionErrorHistogram`. For those that have what it takes: `LatentStatistics` with dense codes,
    `LatentTraversal` and `LatentInterpolation` if the decoder also needs nothing else, `LatentProjector` with
    codes of floats, `PriorSamples` with a prior, `CodebookUsage` with a codebook. A callback that does not
    fit the model writes nothing, where on its own it would refuse to. A full disk ends no training, which it
    would with Keras's own callback.

    Args:
        log_dir: folder of the event files, made when training begins; or a `keras.callbacks.TensorBoard` to
            take instead of a new one.
        images: `(n, height, width, channels)`, floats in [0, 1] or integers, best such as are not trained on.
            The first ones are shown; statistics are of up to 128, the projector has up to 500.
        labels: of the images, for the projector, as `LatentProjector` takes them.
        anomalous: images that are to be reconstructed badly, for `ReconstructionErrorHistogram`.
        freq: number of epochs from one summary to the next. The projector has the first and the last epoch.

    Returns:
        The callbacks, for `model.fit`.

    Raises:
        ValueError: an argument is not of the kind named above.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> callbacks = keras_cae.callbacks.standard_callbacks("logs", images)
    >>> history = model.fit(images, callbacks=callbacks, verbose=0)
    """
    tensorboard = log_dir
    if not isinstance(log_dir, keras.callbacks.TensorBoard):
        # Of models like these it writes no graph, only an empty one.
        tensorboard = TensorBoard(log_dir, write_graph=False)
    made: list[TensorBoardCallback] = [
        ModelCard(tensorboard),
        ReconstructionLogger(images, tensorboard, freq),
        ReconstructionErrorHistogram(images, anomalous, tensorboard, freq),
        LatentProjector(images, labels, tensorboard),
        LatentTraversal(images, tensorboard, freq=freq),
        PriorSamples(tensorboard, freq=freq),
        CodebookUsage(images, tensorboard, freq),
    ]
    if len(shown_images(images, 2)) > 1:
        made += [
            LatentInterpolation(images, tensorboard, freq=freq),
            LatentStatistics(images, tensorboard, freq),
        ]
    for callback in made:
        callback.only_where_it_fits = True
    return [tensorboard, *made]
