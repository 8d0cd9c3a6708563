"""A training run, from the loaded images to the final report."""

import json
import math
import shlex
import shutil
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

import keras
import tensorflow as tf

from keras_cae import losses, models
from keras_cae.callbacks import standard_callbacks
from keras_cae.cli.commands.train import TrainOptions
from keras_cae.cli.comparison import Quality, code_size, compare, draw
from keras_cae.cli.exit_handling import FAILURE, SUCCESS, exit_code, report_full_disk
from keras_cae.cli.machine_options import PrecisionName
from keras_cae.cli.messages import say, warn
from keras_cae.cli.pca import PCAReconstruction
from keras_cae.cli.precision import AUTO, choose_precision
from keras_cae.cli.presets import LATENT_DIM, LOSSES, MODELS, schedule_for, size_arguments
from keras_cae.cli.report import compression, report_baseline, report_data, report_files, report_quality, report_skipped
from keras_cae.cli.run_folder import RunFolder, make_run_folder
from keras_cae.cli.scoring.detector import make_detector, report_detector, write_detector
from keras_cae.cli.stopped_run import check_images, settings_of
from keras_cae.cli.training.best_model import BestModel
from keras_cae.cli.training.epoch_lines import EpochLines
from keras_cae.cli.training.graceful_stop import GracefulStop
from keras_cae.datasets import ImageData
from keras_cae.datasets.streamed_data import StreamedData, StreamedSplit
from keras_cae.files import is_full_disk, write_text
from keras_cae.metrics import PSNR
from keras_cae.precision import POLICIES, SINGLE
from keras_cae.wording import counted

SHOWN_IMAGES = 500
"""The largest number of images that the callbacks use."""
LOGGED_PICTURES = 50
"""The largest number of images of reconstructions to log, regardless of the number of epochs."""


class TrainingRun:
    """A training run. The constructor validates the options and the images.

    Args:
        options: the options of the command.
        data: the images.

    Raises:
        ValueError: there are too few images, or they are too small for the model.
        OSError: the folder for the results can't be created.
    """

    def __init__(self, options: TrainOptions, data: ImageData | StreamedData) -> None:
        self.options = options
        self.preset = MODELS[options.model]
        self.loss = options.loss or self.preset.loss
        self.noise = self.preset.noise if options.noise is None else options.noise
        self.data, self.split = data, data.split()
        report_data(data, self.split)
        self.skipped = data.skipped
        schedule = schedule_for(len(self.split.train))
        self.epochs = options.epochs or schedule.epochs
        self.batch_size = options.batch_size or schedule.batch_size
        self.precision = self._choose_precision()
        self.model = self._compiled_model()
        if options.detector:
            # Invalid options of the detector must be reported before training.
            make_detector(self.model, options, self.split.train.shape[1:])
        self.code_size = code_size(self.model, self.split)
        self.compresses = self.code_size < self.split.train[0].size
        self.baseline = PCAReconstruction(self.code_size if self.compresses else LATENT_DIM)
        self.folder = self._open_folder(f"{data.name}-{options.model}")
        self.best = BestModel(self.folder.model, self.folder.best_so_far)

    def _open_folder(self, name: str) -> RunFolder:
        if self.options.resume is not None:
            folder = RunFolder(self.options.resume)
            check_images(folder, self.split)
            return folder
        folder = make_run_folder(self.options.out, name)
        used = replace(
            self.options,
            epochs=self.epochs,
            batch_size=self.batch_size,
            loss=self.loss,
            noise=float(self.noise),
            stream=isinstance(self.data, StreamedData),
            precision=self.precision,
        )
        folder.backup.mkdir()
        write_text(folder.backup_settings, json.dumps(settings_of(used, self.split), indent=2) + "\n")
        return folder

    def _choose_precision(self) -> PrecisionName:
        shape = self.split.train.shape[1:]
        model = self._new_model() if self.options.precision == AUTO else None
        return choose_precision(self.options.precision, model, image_shape=shape, batch_size=self.batch_size)

    def _new_model(self, policy: str = SINGLE) -> models.CAE:
        options = self.options
        return getattr(models, self.preset.model)(
            **size_arguments(options.model, options.latent_dim),
            corruption=keras.layers.GaussianNoise(self.noise) if self.noise else None,
            **({"filters": options.filters} if options.filters else {}),
            rank=options.rank,
            dtype=policy,
        )

    def _compiled_model(self) -> models.CAE:
        keras.utils.set_random_seed(self.options.seed)
        model = self._new_model(POLICIES[self.precision])
        model.build((None, *self.split.train.shape[1:]))
        name = LOSSES[self.loss]
        loss = getattr(losses if hasattr(losses, name) else keras.losses, name)()
        model.compile(keras.optimizers.Adam(self.options.learning_rate), loss, metrics=[PSNR()])
        return model

    def finish(self) -> int:
        """Train the model, evaluate it and print the report.

        Returns:
            The exit code of the program.
        """
        self._report_start()
        started = time.perf_counter()
        try:
            with GracefulStop() as stop, suppress(KeyboardInterrupt):
                self._fit(stop)
            seconds = time.perf_counter() - started
            if not self.best.epoch:
                return self._report_no_model(stop.requested)
            if stop.requested:
                say(f"Stopped. The best model so far, from epoch {self.best.epoch}: {self.folder.model}")
            self._report_end(seconds, whole=not stop.requested)
        except Exception as error:
            if not is_full_disk(error):
                raise
            code = report_full_disk(error)
            self._report_resume_command()
            return code
        if stop.requested:
            self._report_resume_command()
            return exit_code(stop.requested)
        shutil.rmtree(self.folder.backup, ignore_errors=True)
        return SUCCESS

    def _report_resume_command(self) -> None:
        warn(f"To resume training: keras-cae train --resume {shlex.quote(str(self.folder.path))}")

    def _report_start(self) -> None:
        code = ""
        if self.compresses:
            code = f", code of {compression(self.split.train.shape[1:], self.code_size)}"
        say(f"Model: {type(self.model).__name__}, {self.model.count_params():,} parameters{code}")
        half = "" if self.precision == SINGLE else f", {self.precision}"
        say(
            f"Training on {_device()}: {counted(self.epochs, 'epochs')}, "
            f"batches of {self.batch_size}, "
            f"Adam {self.options.learning_rate:g}, {self.loss}{half}"
        )

    def _fit(self, stop: GracefulStop) -> None:
        pictures = math.ceil(self.epochs / LOGGED_PICTURES)
        self.model.fit(
            **training_data(self.split, self.batch_size, self.options.seed),
            epochs=self.epochs,
            verbose=0,
            callbacks=[
                EpochLines(),
                *standard_callbacks(self.split.validation[:SHOWN_IMAGES], str(self.folder.logs), freq=pictures),
                self.best,
                keras.callbacks.BackupAndRestore(str(self.folder.backup), delete_checkpoint=False),
                keras.callbacks.TerminateOnNaN(),
                stop,
            ],
        )

    def _report_no_model(self, stop_signal: int) -> int:
        if stop_signal:
            warn("Stopped before the end of the first epoch: no model has been saved yet.")
            self._report_resume_command()
            return exit_code(stop_signal)
        warn("Error: the loss is NaN or infinite. Try a smaller --learning-rate.")
        return FAILURE

    def _report_end(self, seconds: float, whole: bool) -> None:
        best_model = keras.saving.load_model(self.folder.model)
        quality = compare(best_model, self.baseline, self.split)
        draw(best_model, self.split.test, self.folder.picture)
        calibrated = (
            write_detector(best_model, self.split, self.options, self.folder) if self.options.detector else None
        )
        self._write_results(quality, seconds)
        if isinstance(self.data, StreamedData):
            report_skipped([file for file in self.data.skipped if file not in self.skipped])
        report_quality(quality, self.split.test)
        if self.preset.caveat:
            say(self.preset.caveat)
        if self.preset.rivals_pca and whole:
            report_baseline(quality, self.best.epoch, self.epochs)
        say(f"Trained in {seconds:.1f} s; the best epoch was {self.best.epoch}.")
        if calibrated is not None:
            report_detector(*calibrated, self.options.false_positive_rate, self.folder)
        report_files(self.folder)

    def _write_results(self, quality: dict[str, Quality], seconds: float) -> None:
        results: dict[str, Any] = {
            "settings": {
                **{name: value for name, value in self.options.plain().items() if name != "resume"},
                "loss": self.loss,
                "noise": self.noise,
                "epochs": self.epochs,
                "batch_size": self.batch_size,
                "precision": self.precision,
                "stream": isinstance(self.data, StreamedData),
                **size_arguments(self.options.model, self.options.latent_dim),
            },
            "image_shape": self.split.train.shape[1:],
            "images": {name: len(part) for name, part in self.split._asdict().items()},
            "parameters": self.model.count_params(),
            "best_epoch": self.best.epoch,
            "seconds": round(seconds, 2),
            "test": {name: values._asdict() for name, values in quality.items()},
        }
        write_text(self.folder.results, json.dumps(results, indent=2) + "\n")


def training_data(split: Any, batch_size: int, seed: int) -> dict[str, Any]:
    """Return the arguments of `fit` that specify the images."""
    if isinstance(split, StreamedSplit):
        train = split.train.batches(batch_size, shuffle=True, seed=seed)
        # Keras would warn that it does not shuffle datasets.
        return {"x": train, "validation_data": split.validation.batches(batch_size), "shuffle": False}
    return {"x": split.train, "validation_data": split.validation, "batch_size": batch_size}


def _device() -> str:
    gpus = len(tf.config.list_logical_devices("GPU"))
    return "the CPU" if not gpus else "a GPU" if gpus == 1 else f"one of {gpus} GPUs"
