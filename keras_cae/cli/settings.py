"""What the commands were asked for."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class DataSettings:
    """The options that say which images; None where the data decide.

    Args:
        data: name of a data set, folder or file.
        key: name of the array in an `.npz` file.
        image_size: `(height, width)`.
        resize: how images get another size.
        channels: number of channels.
    """

    data: str
    key: str | None
    image_size: tuple[int, int] | None
    resize: str
    channels: int | None

    def plain(self) -> dict[str, Any]:
        """The settings as JSON can hold them."""
        return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class TrainSettings(DataSettings):
    """The options of `keras-cae train`; None where the data or the model decide.

    Args:
        model: name in `presets.MODELS`.
        latent_dim: size of the code, where it can be chosen.
        filters: channels of the convolutions.
        epochs: passes through the training images.
        batch_size: images in a step.
        learning_rate: of Adam.
        loss: name of a Keras loss.
        noise: standard deviation of the noise on the inputs.
        seed: of weights, noise and the order of images.
        out: the folder to write into.
    """

    model: str
    latent_dim: int | None
    filters: tuple[int, ...] | None
    epochs: int | None
    batch_size: int | None
    learning_rate: float
    loss: str | None
    noise: float | None
    seed: int
    out: Path | None


@dataclass(frozen=True)
class TuneSettings(DataSettings):
    """The options of `keras-cae tune`.

    Args:
        model: name in `presets.MODELS`, or "any".
        latent_dim: size of the code, where it can be chosen.
        tuner: name in `tuners.TUNERS`.
        trials: how many models are tried; None where the tuner decides.
        epochs: passes through the training images of one trial, at most.
        seed: of the search and of all its trials.
        workers: how many processes try models at once; 0 for this one alone.
        out: the folder to write into.
    """

    model: str
    latent_dim: int | None
    tuner: str
    trials: int | None
    epochs: int
    seed: int
    workers: int
    out: Path | None
