"""`keras-cae score`."""

from dataclasses import dataclass

from keras_cae.cli import machine_options as machine
from keras_cae.cli import options as option
from keras_cae.cli.devices import use_device
from keras_cae.cli.exit_handling import exit_on_user_errors
from keras_cae.cli.quiet_start import import_keras
from keras_cae.cli.run_folder import check_free


@dataclass(frozen=True, kw_only=True)
class ScoreOptions:
    """The options of `keras-cae score`."""

    detector: option.Detector
    data: option.ScoredData
    key: option.Key = None
    stream: option.Stream = None
    threshold: option.Threshold = None
    overlays: option.Overlays = "anomalies"
    batch_size: option.ScoringBatchSize = 32
    precision: machine.AppliedPrecision = "float32"
    device: machine.Device = None
    out: option.ScoresFolder = None
    json: option.AsJSON = False
    fail_on_anomaly: option.FailOnAnomaly = False


def score(options: ScoreOptions) -> int:
    """Score images with an anomaly detector.

    Writes scores.csv, with one row per image, results.json, and overlays that show where the anomalies are. For a
    folder in the layout of MVTec AD (test/KIND, ground_truth/KIND), the results are reported for each kind of defect.
    """
    with exit_on_user_errors():
        if options.out is not None:
            check_free(options.out)
    import_keras()
    with exit_on_user_errors():
        use_device(options.device)
    from keras_cae.cli.scoring.run import ScoringRun

    with exit_on_user_errors():
        run = ScoringRun(options)
        return run.finish()
