"""Codes of images in the Embedding Projector of TensorBoard."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_cae.callbacks.latent_callback import LatentCallback
from keras_cae.callbacks.projector_files import config_file, metadata_file, tensor_file
from keras_cae.callbacks.summaries import Summary
from keras_cae.drawing.pictures import SIGNALS
from keras_cae.drawing.sprite_sheet import sprite_sheet
from keras_cae.images import scale_images
from keras_cae.kinds import rank_of

CONFIG = "projector_config.pbtxt"
METADATA, SPRITE = "projector/metadata.tsv", "projector/sprite.png"


class LatentProjector(LatentCallback):
    """Shows the codes of images in TensorBoard's Projector, with the images as points.

    Volumes are shown by the slice in the middle of their depth, signals as plain points.

    The callback writes the codes, the labels, the images and the configuration that lists them. The codes of each epoch
    form a tensor, named "codes, epoch 0" and so on; the Projector opens with the last one, which is named "codes
    (newest, epoch 9)". TensorBoard reads the configuration only when it first sees the folder: restart it to see later
    epochs.

    It works with models whose `encode` returns floats; feature maps are flattened. Use one projector per folder.
    Training is not affected.

    Args:
        images: `(n, height, width, channels)`, floats in [0, 1] or integers; or signals or volumes.
        log_dir: folder of the event files, created when training begins; or the `keras.callbacks.TensorBoard` whose
            folder to share, read when training begins.
        labels: one label for each image, of any type that can be printed; or a dictionary of several columns
            of labels by their names; None for none.
        freq: number of epochs from one summary to the next. None for the first and the last epoch only.
        max_images: maximum number of images; only the first ones are used.

    Raises:
        ValueError: an argument is invalid; or, when training begins, the model's codes are not floats, or the folder
            can't be written to.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> projector = keras_cae.callbacks.LatentProjector(images, "logs", labels=range(32))
    >>> history = model.fit(images, callbacks=[projector], verbose=0)
    """

    shared_by_copies = ("images", "labels")

    def __init__(
        self,
        images: Any,
        log_dir: Any = "logs",
        *,
        labels: Any = None,
        freq: int | None = None,
        max_images: int = 500,
    ) -> None:
        super().__init__(images, log_dir, freq, max_images)
        self.labels = _checked_labels(labels, len(images), len(self.images))

    def reset_run(self) -> None:
        super().reset_run()
        self._tensors: dict[str, str] = {}
        self._sprite: Any = None
        self._described = False

    def code_incompatibility(self, codes: np.ndarray) -> str | None:
        flat = codes.reshape(len(codes), -1)
        return super().code_incompatibility(flat)

    def summaries(self, epoch: int) -> dict[str, Summary]:
        return {}

    def on_write_failure(self, epoch: int) -> None:
        self._described = False
        self._tensors.pop(f"codes, epoch {epoch}", None)

    def files(self, epoch: int) -> dict[str, bytes]:
        files: dict[str, bytes] = {}
        if not self._described:
            files |= self._description()
        path = f"projector/codes_epoch_{epoch:04d}.tsv"
        files[path] = tensor_file(self.inference.encode(self.images))
        self._tensors[f"codes, epoch {epoch}"] = path
        # The configuration is written last, so that it never lists a missing file.
        sprite = None if self._sprite is None else (SPRITE, self._sprite)
        # The Projector initially shows the first name in alphabetical order.
        (_, newest), *older = reversed(self._tensors.items())
        tensors = {f"codes (newest, epoch {epoch})": newest, **dict(older)}
        files[CONFIG] = config_file(tensors, METADATA if self.labels else None, sprite)
        return files

    def _description(self) -> dict[str, bytes]:
        """Return the files shared by all epochs: the images, unless they are signals, and the labels."""
        self._described = True
        files = {}
        if rank_of(self.images) != SIGNALS:
            files[SPRITE], self._sprite = sprite_sheet(np.asarray(scale_images(self.images), "float32"))
        if self.labels:
            files[METADATA] = metadata_file(self.labels)
        return files


def _checked_labels(labels: Any, count: int, kept: int) -> dict[str, list[Any]]:
    """Return the labels of the first `kept` images by the names of their columns."""
    if labels is None:
        return {}
    columns = labels if isinstance(labels, Mapping) else {"label": labels}
    checked = {}
    for name, column in columns.items():
        values = np.asarray(column)
        if values.shape not in ((count,), (count, 1)):
            raise ValueError(
                f"labels must be one label for each of the {count} images, or a dictionary of such columns, "
                f"got the shape {values.shape}."
            )
        checked[str(name)] = values.reshape(-1)[:kept].tolist()
    return checked
