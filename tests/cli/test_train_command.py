"""`keras-cae train`, from the command line to the files."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from checks import slow_but
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from typer.testing import CliRunner

from keras_cae import models
from keras_cae.cli.app import app
from keras_cae.cli.exit_handling import STOP_SIGNALS
from keras_cae.cli.training import run as training
from keras_cae.datasets import load_images

SMALL = ["--filters", "4,8", "--latent-dim", "4"]


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    """Runs the program in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def gradients():
    """An `.npy` file of small images, as floats, that differ in two parameters."""
    slopes = np.random.default_rng(0).random((40, 2, 1, 1, 1))
    rows, columns = np.mgrid[:7, :6][..., None] / 7
    np.save("gradients.npy", (slopes[:, 0] * rows + slopes[:, 1] * columns).astype("float32") / 2)
    return "gradients.npy"


def results(folder):
    """The results of a run."""
    return json.loads((Path(folder) / "results.json").read_text())


@pytest.fixture(scope="module")
def digits_run(tmp_path_factory):
    """A short training run on the default data: `(result of the program, folder)`."""
    folder = tmp_path_factory.mktemp("runs") / "digits"
    arguments = ["train", "--epochs", "3", "--batch-size", "64", "--out", str(folder), *SMALL]
    return CliRunner().invoke(app, arguments), folder


def test_it_succeeds_and_says_what_comes_next(digits_run):
    result, folder = digits_run
    assert result.exit_code == 0, result.output
    assert "1,258 for training, 180 for validation, 359 for testing" in result.stdout
    assert "BasicCAE" in result.stdout
    assert "PCA, 4 components" in result.stdout
    assert "code of 4 of 64 numbers (16.0× compression)" in result.stdout
    assert f"tensorboard --logdir {folder} --samples_per_plugin images=1000" in result.stdout
    assert "BasicCAE is worse than PCA, a linear model" in result.stdout
    assert "train it for longer, with --epochs 9." in result.stdout


def test_the_table_is_about_the_saved_model_and_the_test_images(digits_run):
    result, folder = digits_run
    model = keras.saving.load_model(folder / "model.keras")
    assert type(model) is models.BasicCAE
    assert model.latent_dim == 4
    assert model.filters == (4, 8)
    test = load_images("digits").split().test
    error = np.mean((model.predict(test, verbose=0) - test) ** 2)
    assert results(folder)["test"]["BasicCAE"]["mse"] == pytest.approx(error, rel=1e-4)
    assert f"{error:.5f}" in result.stdout


def test_the_saved_model_is_the_best_by_validation(digits_run):
    _, folder = digits_run
    model = keras.saving.load_model(folder / "model.keras")
    validation = load_images("digits").split().validation
    events = EventAccumulator(str(folder / "logs" / "validation")).Reload()
    logged = [event.tensor_proto for event in events.Tensors("epoch_loss")]
    losses = [np.frombuffer(t.tensor_content, np.float32)[0] if t.tensor_content else t.float_val[0] for t in logged]
    assert len(losses) == 3
    assert model.evaluate(validation, verbose=0, return_dict=True)["loss"] == pytest.approx(min(losses), rel=1e-4)
    assert results(folder)["best_epoch"] == 1 + int(np.argmin(losses))


def test_tensorboard_gets_scalars_and_pictures(digits_run):
    _, folder = digits_run
    tags = set()
    for run in folder.glob("logs/**/events*"):
        tags |= set(EventAccumulator(str(run)).Reload().Tags()["tensors"])
    assert {"epoch_loss", "epoch_psnr"} <= tags
    for shown in ("reconstruction", "latent/traversal", "model_card"):
        assert any(shown in tag for tag in tags), shown


def test_the_picture_is_a_picture(digits_run):
    _, folder = digits_run
    with Image.open(folder / "reconstructions.png") as picture:
        assert picture.mode == "RGB"
        assert len(picture.getcolors(2**24)) > 16


def test_only_what_is_announced_is_written(digits_run):
    _, folder = digits_run
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["logs", "model.keras", "reconstructions.png", "results.json"]


@pytest.mark.parametrize(("rank", "shape"), [(1, (30, 33, 2)), (3, (30, 6, 7, 8))])
@pytest.mark.slow
def test_signals_and_volumes(rank, shape, invoke):
    np.save("examples.npy", np.random.default_rng(0).integers(0, 256, shape, "uint8"))
    result = invoke("train", "examples.npy", "--rank", rank, "--epochs", 1, "--noise", 0.1, "--out", "run", *SMALL)
    assert result.exit_code == 0, result.output
    noun, size = {1: ("signals", "33×2"), 3: ("volumes", "6×7×8×1")}[rank]
    assert f"Data: examples, {noun} of {size}: 21 for training, 3 for validation, 6 for testing" in result.stdout
    assert f"6 test {noun}" in result.stdout
    assert f"noisy {noun}" in result.stdout
    assert keras.saving.load_model("run/model.keras").rank == rank
    assert results("run")["settings"]["rank"] == rank
    with Image.open("run/reconstructions.png") as picture:
        assert len(picture.getcolors(2**24)) > 16


def test_signals_need_their_rank(invoke):
    np.save("examples.npy", np.zeros((30, 33, 2, 4, 1), "uint8"))
    result = invoke("train", "examples.npy")
    assert result.exit_code == 2
    assert "pass rank=3 (--rank 3)" in " ".join(result.output.split())
    result = invoke("train", "--rank", 1)
    assert result.exit_code == 2
    assert "requires signals in an array or in an .npy or .npz file, got 'digits'" in " ".join(result.output.split())


@pytest.mark.parametrize("loss", slow_but(("charbonnier",), ("charbonnier", "multi_scale_ssim")))
def test_losses_of_the_library_have_names(loss, invoke, gradients):
    result = invoke("train", gradients, "--loss", loss, "--epochs", 1, "--out", "run", *SMALL)
    assert result.exit_code == 0, result.output
    model = keras.saving.load_model("run/model.keras")
    assert type(model.loss).__module__.startswith("keras_cae.losses")


@pytest.mark.slow
def test_the_defaults_beat_pca(invoke):
    """The complete first command of a new user keeps the promises of the documentation."""
    result = invoke("train")
    assert result.exit_code == 0, result.output
    test = results("runs/digits-basic-1")["test"]
    assert test["BasicCAE"]["mse"] < 0.7 * test["PCA, 16 components"]["mse"]
    assert test["BasicCAE"]["ssim"] > test["PCA, 16 components"]["ssim"]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_results_in_a_new_folder(invoke, gradients):
    for _ in range(2):
        assert invoke("train", gradients, "--epochs", 2, "--seed", 1, *SMALL).exit_code == 0
    first, second = (results(f"runs/gradients-basic-{number}") for number in (1, 2))
    assert first["test"] == second["test"]
    assert first["settings"]["seed"] == 1


def test_noise_is_removed_from_noisy_test_images(invoke, gradients):
    arguments = ["train", gradients, "--noise", 0.2, "--loss", "mae", "--epochs", 1, "--out", "run", *SMALL]
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    model = keras.saving.load_model("run/model.keras")
    assert model.corruption.stddev == 0.2
    assert isinstance(model.loss, keras.losses.MeanAbsoluteError)
    assert results("run")["test"]["noisy images"]["mse"] == pytest.approx(0.04, rel=0.3)
    assert "noisy images" in result.stdout


@pytest.mark.slow
def test_a_model_whose_images_decide_the_size_of_codes(invoke, gradients):
    arguments = ["--model", "vector-quantized", "--filters", "4,4", "--epochs", "2", "--out", "run"]
    result = invoke("train", gradients, *arguments)
    assert result.exit_code == 0, result.output
    assert "code of 12 of 42 numbers" in result.stdout
    assert "PCA, 12 components" in result.stdout
    model = keras.saving.load_model("run/model.keras")
    assert (model.codebook_size, model.code_dim) == (256, 16)
    assert results("run")["settings"]["codebook_size"] == 256
    assert results("run")["settings"]["latent_dim"] is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("skip", models.SkipConnectionCAE),
        ("adversarial", models.AdversarialCAE),
        ("denoising", models.DenoisingCAE),
        ("masked", models.MaskedCAE),
    ],
)
def test_other_models(invoke, gradients, name, cls):
    filters = "4,4,4" if name == "skip" else "4,4"
    result = invoke("train", gradients, "--model", name, "--filters", filters, "--epochs", 1)
    assert result.exit_code == 0, result.output
    assert type(keras.saving.load_model(f"runs/gradients-{name}-1/model.keras")) is cls
    assert ("receives the encoder's feature maps, whereas PCA" in result.stdout) == (name == "skip")


def test_a_folder_with_a_damaged_image(invoke):
    Path("photos").mkdir()
    for index, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (12, 9, 8, 3), dtype=np.uint8)):
        Image.fromarray(pixels).save(f"photos/{index}.png")
    Path("photos/broken.jpg").write_text("no image")
    result = invoke("train", "photos", "--epochs", 1, "--image-size", "7x6", "--channels", 1, *SMALL)
    assert result.exit_code == 0, result.output
    assert "Skipped 1 file that can't be read:\n  photos/broken.jpg: not an image" in result.stderr
    assert "images of 7×6×1" in result.stdout
    assert results("runs/photos-basic-1")["images"] == {"train": 9, "validation": 1, "test": 2}


def test_large_images_are_scaled_down_with_a_note(invoke):
    np.save("tall.npy", np.random.default_rng(0).random((4, 256, 16), dtype="float32"))
    result = invoke("train", "tall.npy", "--epochs", 1, *SMALL)
    assert result.exit_code == 0, result.output
    assert "Note: The images were scaled down to 128×8 pixels" in result.stderr
    assert results("runs/tall-basic-1")["image_shape"] == [128, 8, 1]


def test_long_lists_of_damaged_files_are_cut_short(capsys):
    from keras_cae.cli.report import report_skipped
    from keras_cae.datasets import SkippedFile

    report_skipped([SkippedFile(f"{index}.png", "damaged") for index in range(14)])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Skipped 14 files that can't be read:"
    assert lines[10:] == ["  9.png: damaged", "  … and 4 more"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "got 'nowhere', which does not exist"),
        (["empty"], "no images in the folder 'empty'"),
        (["corrupt"], "The only image .* can't be read"),
        (["text.npy"], r"text\.npy can't be read"),
        (["text.txt"], "must be a folder of images"),
        (["full", "--out", "full"], "'full', which is a folder that is not empty"),
        (["digits", "--out", "text.txt"], "'text.txt', which is a file"),
        (["digits", "--out", "text.txt/run"], "can't be created"),
        (["digits", "--image-size", "1"], "1×1 pixels are too small"),
        (["digits", "--model", "skip", "--filters", "4,8"], "filters must have at least three levels"),
        (["digits", "--key", "x"], "key names an array"),
        (["two.npy"], "2 images are too few"),
        (["digits", "--model", "vae"], "'vae' is not one of 'basic', 'batchnorm-pool', 'skip'"),
        (["digits", "--loss", "kl"], "'kl' is not one of 'mse'"),
        (["digits", "--resize", "zoom"], "'zoom' is not one of 'stretch'"),
        (["digits", "--filters", "16,x"], "'16,x' is not a list of positive integers"),
        (["digits", "--filters", "0"], "'0' is not a list of positive integers"),
        (["digits", "--image-size", "4x5x6"], "'4x5x6' is not HEIGHTxWIDTH"),
        (["digits", "--channels", "2"], "'2' is not one of '1', '3', '4'"),
        (["digits", "--learning-rate", "0"], "0.0 is not a positive number"),
        (["digits", "--latent-dim", "0"], "--latent-dim"),
        (["digits", "--model", "vector-quantized", "--latent-dim", "4"], "--latent-dim is not supported by"),
        (["digits", "--epochs", "0"], "--epochs"),
        (["digits", "--batch-size", "0"], "--batch-size"),
        (["digits", "--noise", "-1"], "--noise"),
        (["digits", "--unknown"], "No such option"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_message(invoke, arguments, message):
    for folder in ("empty", "corrupt", "full"):
        Path(folder).mkdir()
    Path("corrupt/a.png").write_text("no image")
    Path("text.txt").write_text("no image")
    Path("text.npy").write_text("no image")
    Image.new("L", (9, 9)).save("full/a.png")
    np.save("two.npy", np.zeros((2, 9, 9), np.uint8))
    result = invoke("train", *arguments)
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit), "no traceback"
    assert re.search(message, " ".join(re.sub(r"[│╭╮╰╯─]", " ", result.stderr).split())), result.stderr
    assert not Path("runs").exists()


def test_a_failed_download(invoke, monkeypatch):
    def load_data():
        raise Exception("URL fetch failure")

    monkeypatch.setattr("keras.datasets.mnist.load_data", load_data)
    result = invoke("train", "mnist")
    assert result.exit_code == 2
    assert "'mnist' could not be downloaded" in result.stderr


def test_a_loss_that_is_no_number(invoke, gradients, monkeypatch):
    compute_loss = models.CAE.compute_loss
    monkeypatch.setattr(
        models.CAE, "compute_loss", lambda *args, **kwargs: compute_loss(*args, **kwargs) * float("nan")
    )
    result = invoke("train", gradients, "--epochs", 2, *SMALL)
    assert result.exit_code == 1
    assert "the loss is NaN or infinite. Try a smaller --learning-rate" in result.stderr


class Signal(keras.callbacks.Callback):
    """Replaces the other callbacks, and sends one signal after the first epoch, or two before its end."""

    times = 1

    def __init__(self, number=signal.SIGINT):
        super().__init__()
        self.number = number

    def on_train_batch_end(self, batch, logs=None):
        if self.times == 2:
            os.kill(os.getpid(), self.number)
            os.kill(os.getpid(), self.number)

    def on_epoch_end(self, epoch, logs=None):
        os.kill(os.getpid(), self.number)


@pytest.fixture
def interrupts():
    """Restore the default handling of signals, some of which background processes ignore."""
    previous = {number: signal.signal(number, signal.default_int_handler) for number in STOP_SIGNALS}
    yield
    for number, handler in previous.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow),
        (signal.SIGTERM, 143),
        pytest.param(signal.SIGHUP, 129, marks=pytest.mark.slow),
    ],
)
def test_a_stop_signal_keeps_the_best_model_and_the_report(invoke, gradients, monkeypatch, number, code):
    monkeypatch.setattr(training, "standard_callbacks", lambda *_, **__: [Signal(number)])
    result = invoke("train", gradients, "--epochs", 50, "--out", "run", *SMALL)
    assert result.exit_code == code
    assert "best model so far, from epoch 1: run/model.keras" in result.stdout
    assert "tensorboard --logdir run" in result.stdout
    assert keras.saving.load_model("run/model.keras").latent_dim == 4
    assert Path("run/reconstructions.png").exists()
    assert results("run")["settings"]["epochs"] == 50


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_before_there_is_a_model(invoke, gradients, monkeypatch):
    monkeypatch.setattr(training, "standard_callbacks", lambda *_, **__: [Signal()])
    monkeypatch.setattr(Signal, "times", 2)
    result = invoke("train", gradients, "--epochs", 50, "--out", "run", *SMALL)
    assert result.exit_code == 130
    assert "no model has been saved yet" in result.stderr
    assert not Path("run/model.keras").exists()


def test_an_interrupt_while_loading(invoke, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("keras_cae.cli.loading.load_or_stream", interrupted)
    result = invoke("train")
    assert result.exit_code == 130
    assert result.stderr == "Stopped.\n"


NAMES_CONNECTIONS = (
    "import sys; sys.addaudithook("
    "lambda event, given: event == 'socket.connect' and print('connects to', given[1], file=sys.stderr))"
)


@pytest.mark.slow
def test_a_real_interrupt_of_a_real_process(tmp_path):
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"{NAMES_CONNECTIONS}; from keras_cae.cli import main; main()",
            "train",
            "--epochs",
            "500",
            "--out",
            "run",
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    for line in process.stdout:
        if line.startswith("Epoch 3/"):
            process.send_signal(signal.SIGINT)
            break
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Stopping after this batch" in errors
    assert "Traceback" not in errors
    assert "connects to" not in errors
    assert "best model so far, from epoch 3" in output
    assert (tmp_path / "run" / "model.keras").exists()
