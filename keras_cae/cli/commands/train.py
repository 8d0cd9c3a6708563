"""`keras-cae train`."""

from dataclasses import dataclass

from keras_cae.cli import machine_options as machine
from keras_cae.cli import options as option
from keras_cae.cli.devices import use_device
from keras_cae.cli.exit_handling import exit_on_user_errors
from keras_cae.cli.loading import load
from keras_cae.cli.quiet_start import import_keras
from keras_cae.cli.run_folder import check_free
from keras_cae.cli.stopped_run import stopped_options


@dataclass(frozen=True, kw_only=True)
class TrainOptions(option.DataOptions):
    """The options of `keras-cae train`. None means that the value is determined by the data or the model."""

    model: option.Model = "basic"
    latent_dim: option.LatentDim = None
    filters: option.Filters = None
    noise: option.Noise = None
    loss: option.Loss = None
    epochs: option.Epochs = None
    batch_size: option.BatchSize = None
    learning_rate: option.LearningRate = 3e-3
    detector: option.WithDetector = False
    score: option.Score = "relative"
    false_positive_rate: option.FalsePositiveRate = 0.01
    seed: option.Seed = 0
    precision: machine.Precision = "float32"
    device: machine.Device = None
    out: option.RunFolder = None
    resume: option.Resume = None


def train(options: TrainOptions) -> int:
    """Train an autoencoder, and compare it with PCA at the same code size.

    Writes the best model, TensorBoard logs, a figure of reconstructions and the test results. Ctrl-C stops
    training early and keeps the best model so far; --resume resumes training. With --detector, all images are
    assumed to be normal, and an anomaly detector for keras-cae score is written as well.
    """
    with exit_on_user_errors():
        if options.resume is not None:
            options = stopped_options(options, options.resume)
        elif options.out is not None:
            check_free(options.out)
        use_device(options.device)
        images = load(options)
    import_keras()
    from keras_cae.cli.training.run import TrainingRun

    with exit_on_user_errors():
        run = TrainingRun(options, images)
    return run.finish()
