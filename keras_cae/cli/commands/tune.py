"""`keras-cae tune`."""

from dataclasses import dataclass

from keras_cae.cli import machine_options as machine
from keras_cae.cli import options as option
from keras_cae.cli.devices import use_device
from keras_cae.cli.exit_handling import exit_on_user_errors
from keras_cae.cli.loading import load
from keras_cae.cli.presets import ANY
from keras_cae.cli.quiet_start import import_keras


@dataclass(frozen=True, kw_only=True)
class TuneOptions(option.DataOptions):
    """The options of `keras-cae tune`. None means that the value is determined by the data or the tuner."""

    model: option.SearchedModel = ANY
    latent_dim: option.LatentDim = None
    tuner: option.Tuner = "hyperband"
    trials: option.Trials = None
    epochs: option.TrialEpochs = 10
    workers: option.Workers = 0
    seed: option.Seed = 0
    precision: machine.Precision = "float32"
    device: machine.Device = None
    out: option.SearchFolder = None


def tune(options: TuneOptions) -> int:
    """Search for a good autoencoder with KerasTuner.

    Models are compared by the PSNR on validation images. Writes the best model, the table of all trials and
    TensorBoard logs. Repeat the command with the same --out to resume a search that was stopped.
    """
    with exit_on_user_errors():
        use_device(options.device)
        images = load(options)
    import_keras()
    from keras_cae.cli.tuning.run import TuningRun

    with exit_on_user_errors():
        run = TuningRun(options, images)
    return run.finish()
