"""The names that options accept, and their defaults. This module imports neither TensorFlow nor KerasTuner."""

from typing import Any, NamedTuple


class Preset(NamedTuple):
    """A value of `--model`: the name of a class in `keras_cae.models`, with its settings."""

    model: str
    loss: str = "mse"
    size: dict[str, Any] | None = None
    """The arguments that determine the code size of a model without `latent_dim`."""
    noise: float = 0.0
    """The standard deviation of the noise on the inputs."""
    caveat: str = ""
    """A note that is printed with the results."""
    rivals_pca: bool = True
    """Whether the model is expected to reconstruct images better than PCA."""


SAMPLING_COST = "This model gives up some reconstruction quality so that model.sample(n) can generate images."

MODELS = {
    "basic": Preset("BasicCAE"),
    "batchnorm-pool": Preset("BatchNormPoolCAE"),
    "skip": Preset(
        "SkipConnectionCAE",
        caveat="The decoder of this model also receives the encoder's feature maps, whereas PCA has only the code.",
    ),
    "residual": Preset("ResidualCAE"),
    "denoising": Preset(
        "DenoisingCAE",
        noise=0.1,
        size={},
        caveat="This model has no code: its decoder receives the encoder's feature maps and the input.",
    ),
    "blind-spot": Preset(
        "BlindSpotCAE",
        size={},
        caveat="All rows are measured on test images with some pixels hidden, and this model has learned to predict "
        "only the hidden pixels: it is meant for removing noise from noisy images.",
        rivals_pca=False,
    ),
    "masked": Preset(
        "MaskedCAE",
        caveat="All rows are measured on test images with some patches hidden, and this model has learned to predict "
        "only the hidden patches: it is meant for training an encoder.",
        rivals_pca=False,
    ),
    "variational": Preset(
        "VariationalCAE",
        loss="binary_crossentropy",
        caveat=SAMPLING_COST,
    ),
    "wasserstein": Preset("WassersteinCAE", caveat=SAMPLING_COST),
    "adversarial": Preset("AdversarialCAE", caveat=SAMPLING_COST),
    "vector-quantized": Preset(
        "VectorQuantizedCAE",
        size={"codebook_size": 256, "code_dim": 16},
        caveat="Each number in this model's code is one of 256 values, a byte, whereas PCA's numbers are floats.",
    ),
}
"""The models by the names that `--model` accepts."""

SCORES = ("relative", "mse", "mae", "ssim", "standardized", "latent", "elbo")
"""The names of anomaly scores that `--score` accepts."""

ANY = "any"
"""The value of `--model` with which `keras-cae tune` also searches for the architecture."""
LATENT_DIM = 16
"""The default number of values in a code."""
MAX_SIDE = 128
"""The default limit of the longer side of images: photographs at full size need models too large to train."""


def size_arguments(model: str, latent_dim: int | None) -> dict[str, Any]:
    """Return the arguments that determine the code size of a model.

    Args:
        model: a value of `--model`.
        latent_dim: the value of `--latent-dim`.

    Raises:
        ValueError: the code size of this model can't be chosen.
    """
    size = MODELS[model].size if model in MODELS else None
    if size is None:
        return {"latent_dim": latent_dim or LATENT_DIM}
    if latent_dim is not None:
        raise ValueError(
            f"--latent-dim is not supported by --model {model}, whose code size is determined by the image size and "
            f"the number of --filters, got {latent_dim}. Omit --latent-dim."
        )
    return size


LOSSES = {
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "binary_crossentropy": "BinaryCrossentropy",
    "charbonnier": "Charbonnier",
    "ssim": "SSIM",
    "multi_scale_ssim": "MultiScaleSSIM",
}
"""The classes in `keras_cae.losses`, or otherwise in `keras.losses`, by the names that `--loss` accepts."""

TUNERS = {"hyperband": "Hyperband", "bayesian": "BayesianOptimization", "random": "RandomSearch"}
"""The classes in `keras_tuner` by the names that `--tuner` accepts."""
DEFAULT_TRIALS = 20


class Schedule(NamedTuple):
    """The number of epochs and the batch size for up to a number of training images."""

    images: float
    epochs: int
    batch_size: int


SCHEDULES = (
    Schedule(images=500, epochs=100, batch_size=16),
    Schedule(images=2_000, epochs=40, batch_size=32),
    Schedule(images=20_000, epochs=20, batch_size=64),
    Schedule(images=float("inf"), epochs=10, batch_size=128),
)


def schedule_for(images: int) -> Schedule:
    """Return the schedule for a number of training images.

    Args:
        images: the number of training images.
    """
    return next(schedule for schedule in SCHEDULES if images <= schedule.images)


def describe_schedules(field: str) -> str:
    """Return the values of a field in all schedules as text for `--help`.

    Args:
        field: "epochs" or "batch_size".
    """
    steps = [f"{getattr(schedule, field)} up to {schedule.images:,}" for schedule in SCHEDULES[:-1]]
    return f"by the number of training images: {', '.join(steps)}, {getattr(SCHEDULES[-1], field)} above"
