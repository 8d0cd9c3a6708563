"""A denoising run, from the files to the final report."""

import json
from pathlib import Path
from typing import Any

import keras

from keras_cae.cli.commands.denoise import DenoiseOptions
from keras_cae.cli.denoising.denoisers import IN_WORDS, Denoisers, OneModel, Presets
from keras_cae.cli.denoising.files import Planned, plan
from keras_cae.cli.denoising.photograph import COLOUR, GREY, read_photograph
from keras_cae.cli.denoising.trained import Trained
from keras_cae.cli.exit_handling import SUCCESS
from keras_cae.cli.messages import say
from keras_cae.cli.progress import progress
from keras_cae.cli.report import report_skipped
from keras_cae.cli.run_folder import make_run_folder
from keras_cae.datasets import SkippedFile
from keras_cae.datasets.image_file import failure_reason
from keras_cae.files import is_full_disk, write_atomically
from keras_cae.wording import counted


class DenoisingRun:
    """A denoising run. The constructor validates the options.

    Args:
        options: the options of the command.

    Raises:
        OSError, ValueError, ImportError: the model, the files or the folder for the results can't be opened.
    """

    def __init__(self, options: DenoiseOptions) -> None:
        self.options = options
        self.files = plan(options.inputs)
        self.denoisers: Denoisers | None = None
        if not options.train:
            self.denoisers = self._saved()
        self.folder = make_run_folder(options.out, "denoised").path
        self.skipped: list[SkippedFile] = []
        self.written: list[dict[str, str]] = []

    def finish(self) -> int:
        """Train if requested, denoise the files and print the report.

        Returns:
            The exit code of the program.
        """
        denoisers = self._trained() if self.denoisers is None else self.denoisers
        with progress(len(self.files), "Denoising") as advance:
            for planned in self.files:
                self._denoise(planned, denoisers)
                advance(1)
        report_skipped(self.skipped)
        if not self.written:
            raise ValueError("None of the images could be denoised.")
        self._report(denoisers)
        return SUCCESS

    def _saved(self) -> Denoisers:
        model, precision = self.options.model, self.options.precision
        return Presets(precision) if model is None else OneModel(model, precision)

    def _trained(self) -> Denoisers:
        images: dict[int, list[Path]] = {GREY: [], COLOUR: []}
        readable = []
        with progress(len(self.files), "Reading") as advance:
            for planned in self.files:
                try:
                    images[read_photograph(planned.path).colours.shape[-1]].append(planned.path)
                    readable.append(planned)
                except Exception as error:  # Decoders may raise any exception for damaged files.
                    self._skip(planned, error)
                advance(1)
        self.files = readable
        steps = self.options.steps * sum(bool(paths) for paths in images.values())
        with progress(steps, "Training", "steps") as advance:
            callback = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: advance(1))
            return Trained(images, self.options.steps, self.options.seed, callback, self.options.precision)

    def _denoise(self, planned: Planned, denoisers: Denoisers) -> None:
        target = self.folder / planned.result
        try:
            photograph = read_photograph(planned.path)
            clean = denoisers.denoise(photograph.floats())
            target.parent.mkdir(parents=True, exist_ok=True)
            with write_atomically(target) as unfinished:
                photograph.save(unfinished, clean)
        except Exception as error:
            if is_full_disk(error):
                raise
            self._skip(planned, error)
            return
        kind = IN_WORDS[photograph.colours.shape[-1]]
        self.written.append({"file": str(planned.path), "result": str(target), "kind": kind})

    def _skip(self, planned: Planned, error: Exception) -> None:
        self.skipped.append(SkippedFile(str(planned.path), failure_reason(error)))

    def _report(self, denoisers: Denoisers) -> None:
        if self.options.json:
            results: dict[str, Any] = {
                "images": len(self.written),
                "model": denoisers.describe(),
                "out": str(self.folder),
                "files": self.written,
                "skipped": [skipped._asdict() for skipped in self.skipped],
            }
            say(json.dumps(results))
            return
        count = len(self.written)
        say(f"Denoised: {counted(count, 'images')} ({denoisers.describe()})")
        say(f"Results: {self.folder}")
