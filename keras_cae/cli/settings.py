"""What a training was asked for."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class TrainSettings:
    """The options of `keras-cae train`; None where the data or the model decide.

    Args:
        data: name of a data set, folder or file.
        key: name of the array in an `.npz` file.
        image_size: `(height, width)`.
        resize: how images get another size.
        channels: number of channels.
        model: name in `presets.MODELS`.
        latent_dim: size of the code.
        filters: channels of the convolutions.
        epochs: passes through the training images.
        batch_size: images in a step.
        learning_rate: of Adam.
        loss: name of a Keras loss.
        noise: standard deviation of the noise on the inputs.
        seed: of weights, noise and the order of images.
        out: the folder to write into.
    """

    data: str
    key: str | None
    image_size: tuple[int, int] | None
    resize: str
    channels: int | None
    model: str
    latent_dim: int
    filters: tuple[int, ...] | None
    epochs: int | None
    batch_size: int | None
    learning_rate: float
    loss: str | None
    noise: float | None
    seed: int
    out: Path | None

    def plain(self) -> dict[str, Any]:
        """The settings as JSON can hold them."""
        return {**asdict(self), "out": None if self.out is None else str(self.out)}
