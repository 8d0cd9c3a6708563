"""What can be chosen by name, and the defaults. Imports neither TensorFlow nor KerasTuner."""

from typing import Any, NamedTuple


class Preset(NamedTuple):
    """A model that can be chosen: its class in `keras_cae.models`, and what belongs to it."""

    model: str
    loss: str = "mse"
    size: dict[str, Any] | None = None
    """The arguments that determine how large codes are, for a model without `latent_dim`."""
    noise: float = 0.0
    """The standard deviation of the noise on the inputs."""
    caveat: str = ""
    """What to know about the results."""
    rivals_pca: bool = True
    """Whether it is meant to reconstruct images better than PCA does."""


GIVEN_UP = "Part of this model's code is given up so that model.sample(n) can generate images."

MODELS = {
    "basic": Preset("BasicCAE"),
    "batchnorm-pool": Preset("BatchNormPoolCAE"),
    "skip": Preset(
        "SkipConnectionCAE",
        caveat="The decoder of this model sees the encoder's feature maps too; PCA has the code only.",
    ),
    "residual": Preset("ResidualCAE"),
    "denoising": Preset(
        "DenoisingCAE",
        loss="mae",
        noise=0.1,
        size={},
        caveat="This model has no code: its decoder sees the encoder's feature maps and its input.",
    ),
    "blind-spot": Preset(
        "BlindSpotCAE",
        size={},
        caveat="All rows are made of test images of which single pixels are hidden, and this model has learned to "
        "make the hidden ones only: it is meant to remove noise from images that have some.",
        rivals_pca=False,
    ),
    "masked": Preset(
        "MaskedCAE",
        caveat="All rows are made of test images of which patches are hidden, and this model has learned to "
        "make the hidden ones only: it is meant for its encoder.",
        rivals_pca=False,
    ),
    "variational": Preset(
        "VariationalCAE",
        loss="binary_crossentropy",
        caveat=GIVEN_UP,
    ),
    "wasserstein": Preset("WassersteinCAE", caveat=GIVEN_UP),
    "adversarial": Preset("AdversarialCAE", caveat=GIVEN_UP),
    "vector-quantized": Preset(
        "VectorQuantizedCAE",
        size={"codebook_size": 256, "code_dim": 16},
        caveat="Each number of this model's code is one of 256, a byte; PCA's are any.",
    ),
}
"""The models by the names that `--model` takes."""

SCORES = ("relative", "mse", "mae", "ssim", "standardized", "latent", "elbo")
"""The scores of anomalies by the names that `--score` takes."""

ANY = "any"
"""The name with which `keras-cae tune` searches for the architecture, too."""
LATENT_DIM = 16
"""The number of values in a code, where it can be chosen."""
MAX_SIDE = 128
"""The longer side of images, by default: photographs at full size need models too large to train."""


def size_arguments(model: str, latent_dim: int | None) -> dict[str, Any]:
    """Return the arguments that determine how large the codes of a model are.

    Args:
        model: a name that `--model` takes.
        latent_dim: what `--latent-dim` was given.

    Raises:
        ValueError: the size of this model's codes can't be chosen.
    """
    size = MODELS[model].size if model in MODELS else None
    if size is None:
        return {"latent_dim": latent_dim or LATENT_DIM}
    if latent_dim is not None:
        raise ValueError(
            f"--latent-dim has no meaning for --model {model}, whose codes are as large as the images and "
            f"the number of --filters make them. Leave it out, got {latent_dim}."
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
"""The classes in `keras_cae.losses`, or else in `keras.losses`, by the names that `--loss` takes."""

TUNERS = {"hyperband": "Hyperband", "bayesian": "BayesianOptimization", "random": "RandomSearch"}
"""The classes in `keras_tuner` by the names that `--tuner` takes."""
DEFAULT_TRIALS = 20


class Schedule(NamedTuple):
    """How long to train on up to a number of images."""

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
        images: the number.
    """
    return next(schedule for schedule in SCHEDULES if images <= schedule.images)


def describe_schedules(field: str) -> str:
    """Return one value of every schedule in words, for `--help`.

    Args:
        field: "epochs" or "batch_size".
    """
    steps = [f"{getattr(schedule, field)} up to {schedule.images:,}" for schedule in SCHEDULES[:-1]]
    return f"by the number of training images: {', '.join(steps)}, {getattr(SCHEDULES[-1], field)} beyond"
