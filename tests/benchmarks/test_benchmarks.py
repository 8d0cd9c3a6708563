"""The benchmarks run on tiny data. Their results are not tested."""

import contextlib
import importlib.util
import io
import json
import math
import re
import runpy
import subprocess
import sys
from pathlib import Path
from unittest import mock

import faults
import keras
import numpy as np
import pytest
import stock_networks
from anomaly_tasks import defect_tasks, mvtec_task
from architectures import ARCHITECTURES, make_ours, make_stock
from defects import KINDS
from faults import FAULTS, normal_windows, with_fault
from floating_point import training_operations
from kernel_distance import kernel_distance
from pictures import GAP, save_rows
from rounds import Ratio, Times, interleaved, ratios

import keras_cae
from keras_cae import recommended_dtype_policy
from keras_cae.exporting.file_format import is_installed

SLOW = pytest.mark.slow
FOLDER = Path(__file__).parent
OF_QUALITY = ("BasicCAE", "SkipConnectionCAE", "VectorQuantizedCAE", "MaskedCAE")
"""Models with different kinds of codes. The tests in `tests/models` cover all models."""
PYTORCH_ROWS = 2 if importlib.util.find_spec("torch") else 0
HALF = recommended_dtype_policy() == "mixed_bfloat16"
TRAINING_ROWS = 4 + HALF + (PYTORCH_ROWS + HALF if PYTORCH_ROWS else 0)
# The number of rows of one model in each measurement. All models would take minutes.
ROWS = {
    "training": TRAINING_ROWS,
    "startup": 1,
    "memory": 3,
    "inference": 6,
    "exported": 3 + sum(map(is_installed, ("tf2onnx", "openvino"))),
    "callbacks": 8,  # without those of priors and codebooks
    "scaling": 6,
    "import": 1,
}


@pytest.fixture
def images_file(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (96, 8, 8, 1), dtype="uint8")
    np.savez(tmp_path / "images.npz", x_train=images[:64], x_test=images[64:])
    return tmp_path / "images.npz"


@pytest.fixture
def labelled_file(digits, tmp_path):
    images = np.rint(digits[0][:260] * 255).astype("uint8")
    classes = np.arange(260) % 10
    parts = {"x_train": images[:200], "y_train": classes[:200], "x_test": images[200:], "y_test": classes[200:]}
    np.savez(tmp_path / "labelled.npz", **parts)
    return tmp_path / "labelled.npz"


def run(program, *arguments, small=("--latent-dim", "4")):
    """Return the output of a benchmark that runs in a separate process."""
    command = [sys.executable, FOLDER / program, *arguments, *small]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def run_here(program, *arguments, small=("--latent-dim", "4")):
    """Return the output of a benchmark that runs in this process, where slow imports are already done."""
    command = [program, *map(str, arguments), *small]
    with mock.patch.object(sys, "argv", command), contextlib.redirect_stdout(io.StringIO()) as printed:
        runpy.run_path(str(FOLDER / program), run_name="__main__")
    return printed.getvalue()


def check_rows(table, expected):
    """Check how many rows begin with each label."""
    assert {label: count_rows(table, label) for label in expected} == expected, table


def count_rows(table, label):
    """Return how many rows begin with `label`, and check that they contain finite numbers."""
    rows = re.findall(rf"^\| {label} \|(.*)\|$", table, re.MULTILINE)
    for row in rows:
        numbers = [float(number.replace(",", "")) for number in re.findall(r"\d[\d,.]*|nan|inf", row)]
        assert numbers, row
        assert all(map(math.isfinite, numbers)), row
    return len(rows)


@pytest.mark.slow
def test_speed_has_rows_for_every_measurement(images_file):
    options = ["--rounds", "1", "--batch-size", "24", "--model", "BasicCAE", "--one-process"]
    printed = run("speed.py", images_file, "--measure", *ROWS, *options)
    assert "tensorflow" in printed.splitlines()[0]
    sections = re.split(r"^## ", printed, flags=re.MULTILINE)[1:]
    assert [section.split()[0] for section in sections] == list(ROWS)
    for (name, count), section in zip(ROWS.items(), sections, strict=True):
        check_rows(section, {"keras_cae" if name == "import" else "BasicCAE": count})


@pytest.mark.slow
def test_speed_is_measured_in_processes_of_their_own(images_file):
    options = ["--rounds", "1", "--batch-size", "24", "--model", "BasicCAE", "WassersteinCAE"]
    check_rows(run("speed.py", images_file, "--measure", "additions", *options), {"BasicCAE": 0, "WassersteinCAE": 1})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rank", "measurement", "data", "rows"),
    [
        ("1", "inference", "12 signals of 256×2", 6),
        ("3", "training", "12 volumes of 16×16×16×1", TRAINING_ROWS),
    ],
)
def test_speed_has_rows_for_signals_and_volumes(rank, measurement, data, rows):
    options = ["--rank", rank, "--images", "12", "--rounds", "1", "--batch-size", "4", "--model", "BasicCAE"]
    printed = run("speed.py", *options, "--measure", measurement, "--one-process")
    assert data in printed
    check_rows(printed, {"BasicCAE": rows})


@pytest.mark.slow
def test_what_is_for_images_is_refused_for_others():
    command = [sys.executable, FOLDER / "speed.py", "--rank", "1", "--measure", "callbacks"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "--rank 1 does not support callbacks, scaling" in result.stderr


@pytest.mark.slow
def test_data_has_rows_for_every_format():
    files = ["--images", "24", "--stored-size", "20", "30"]
    reading = ["--size", "8", "--rounds", "1", "--page-cache", "warm", "cold"]
    competitors = 5 + PYTORCH_ROWS // 2 + bool(importlib.util.find_spec("grain"))
    labels = [rf"{form} \| {state}" for form in ("JPEG", "PNG") for state in ("warm", "cold")]
    check_rows(run("data.py", *files, *reading, small=()), dict.fromkeys(labels, competitors))


@pytest.mark.slow
def test_streams_are_measured_in_training_and_by_their_memory(tmp_path):
    options = ["--images", "12", "--stored-size", "64", "80", "--filters", "2", "3", "--rounds", "1"]
    check_rows(run("streams.py", "training", *options, small=()), {"DenoisingCAE": 1, "BasicCAE": 1})
    options = ["--images", "20", "30", "--stored-size", "16", "20", "--curve", tmp_path / "curve.csv"]
    check_rows(run("streams.py", "memory", *options, small=()), {"20": 1, "30": 1})
    assert {line.split(",")[0] for line in (tmp_path / "curve.csv").read_text().splitlines()} == {"files", "20", "30"}


@pytest.mark.slow
def test_optimizers_have_a_row_for_every_learning_rate(images_file):
    printed = run_here("optimizers.py", images_file, "--epochs", "1", "--model", "BasicCAE")
    check_rows(printed, {"`BasicCAE`": 4})


@pytest.mark.slow
def test_what_does_not_measure_a_model_says_so(images_file):
    printed = run("speed.py", images_file, "--measure", "scaling", "training", "--model", "MaskedCAE")
    assert printed.count("None of the given models is measured, only BasicCAE, ") == 2


@pytest.mark.slow
def test_generation_has_a_row_for_every_sampler(labelled_file, tmp_path):
    printed = run_here("generation.py", labelled_file, "--epochs", "1", "--picture", tmp_path / "drawn.png")
    rows = {"none: training images": 1, "`BasicCAE`": 2, "`VariationalCAE`": 2}
    check_rows(printed, rows)
    assert (tmp_path / "drawn.png").stat().st_size > 0


@pytest.mark.slow
def test_combinations_has_a_row_for_every_bottleneck_of_an_architecture(labelled_file):
    options = ("--epochs", "1", "--filters", "4", "8", "--architectures", "BasicCAE")
    printed = run_here("combinations.py", labelled_file, *options)
    check_rows(printed, {"`BasicCAE`": 4})


@pytest.mark.slow
def test_quality_has_a_row_for_every_model(labelled_file, tmp_path):
    options = ("--epochs", "1", "--model", *OF_QUALITY, "--picture", tmp_path / "made.png")
    printed = run_here("quality.py", labelled_file, *options)
    check_rows(printed, dict.fromkeys(("PCA", *OF_QUALITY), 1))
    assert (tmp_path / "made.png").stat().st_size > 0


@pytest.mark.slow
def test_denoising_has_a_row_for_every_photograph(tmp_path):
    printed = run_here("denoising.py", "--minutes", "0.01", "--picture", tmp_path / "denoised.png", small=())
    check_rows(printed, dict.fromkeys(("camera", "chelsea", "coffee", "china", "mean"), 1))
    assert (tmp_path / "denoised.png").stat().st_size > 0


@pytest.mark.slow
def test_blind_spots_have_a_row_for_every_variant(tmp_path):
    np.save(tmp_path / "photographs.npy", np.random.default_rng(0).integers(0, 256, (20, 40, 48, 1), dtype="uint8"))
    printed = run_here(
        "blind_spots.py",
        tmp_path / "photographs.npy",
        *("--minutes", "0.01", "--batch-size", "2", "--patch-size", "32", "--variant", "default", "as N2V2"),
        small=(),
    )
    check_rows(printed, dict.fromkeys(("noisy", "non-local means", "default", "as N2V2"), 1))


@pytest.mark.slow
def test_presets_are_measured_and_say_where_their_photographs_are_from(tmp_path):
    (tmp_path / "package").mkdir()
    generator = np.random.default_rng(0)
    for number in range(3):
        keras.utils.save_img(tmp_path / "package" / f"{number}.png", generator.integers(0, 256, (66, 68, 3)))
    photographs = {"0.png": {"file": "usr/tree.jpg", "author": "A. Adams", "licence": "CC0-1.0"}}
    sources = {"package": {"version": "1.0", "licences": ["CC0-1.0"], "photographs": photographs}}
    (tmp_path / "sources.json").write_text(json.dumps(sources))
    out = tmp_path / "presets"
    arguments = ("--minutes", "0.02", "--out", out, "--filters", "4", "8", "--kind", "colour", "--worse-too")
    printed = run_here("train_presets.py", tmp_path, *arguments, small=())
    for sigma in ("15", "25", "50"):
        assert re.search(rf"^\| {sigma} \|", printed, re.MULTILINE)
    text = (out / "photographs-colour" / "README.md").read_text()
    assert "`usr/tree.jpg`: A. Adams; CC0-1.0" in text
    model = keras_cae.models.DenoisingCAE.from_preset(out / "photographs-colour")
    assert model.predict(np.zeros((1, 9, 11, 3)), verbose=0).shape == (1, 9, 11, 3)


@pytest.mark.slow
def test_completion_has_a_row_for_every_way(labelled_file, tmp_path):
    printed = run_here("completion.py", labelled_file, "--epochs", "1", "--picture", tmp_path / "completed.png")
    rows = {"the mean image": 1, "PCA, .*": 2, "MaskedCAE": 1}
    check_rows(printed, rows)
    assert (tmp_path / "completed.png").stat().st_size > 0


@pytest.mark.slow
def test_anomalies_have_a_row_for_every_method(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (96, 8, 8, 1), dtype="uint8")
    classes = np.arange(96) % 2
    parts = {"x_train": images[:64], "y_train": classes[:64], "x_test": images[64:], "y_test": classes[64:]}
    np.savez(tmp_path / "images.npz", **parts)
    printed = run_here("anomaly.py", tmp_path / "images.npz", "--seeds", "1", "--epochs", "1", "--each")
    check_rows(printed, {"PCA, residual of .*": 1, "one-class SVM on these": 1, "PCA, .*": 7, "`BasicCAE`, .*": 6})


@pytest.mark.slow
def test_mvtec_folders_and_defects_that_are_drawn(tmp_path):
    task = next(defect_tasks())
    for number, (image, label, mask) in enumerate(zip(task.images[:8], task.labels, task.masks, strict=False)):
        for folder, picture in (
            ("train/good", task.normal[number]),
            (f"test/{'drawn' if label else 'good'}", image),
            *([("ground_truth/drawn", 255 * mask[..., None].astype("uint8"))] if label else []),
        ):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            keras.utils.save_img(tmp_path / folder / f"{number}.png", picture, scale=False)
    found = mvtec_task(tmp_path, 64)
    order = np.argsort(~task.labels[:8], kind="stable")
    np.testing.assert_array_equal(found.images, task.images[order])
    np.testing.assert_array_equal(found.masks, task.masks[order])
    printed = run_here("anomaly.py", "--mvtec", tmp_path, "--image-size", "32", "--seeds", "1", "--epochs", "1")
    check_rows(printed, {"PCA, residual of .*": 1, "`BasicCAE`, .*": 4, "`DenoisingCAE`, .*": 4})


@pytest.mark.slow
def test_signals_with_faults():
    printed = run_here("anomaly.py", "--signals", "--seeds", "1", "--epochs", "1")
    check_rows(printed, {"PCA, residual of .*": 1, "`BasicCAE`, .*": 6})


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_changes_a_part_of_a_window(fault, monkeypatch):
    monkeypatch.setattr(faults, "FAULTS", (fault,))
    (window,) = normal_windows(1, np.random.default_rng(0))
    damaged, mask = with_fault(window, np.random.default_rng(1))
    assert damaged.dtype == window.dtype
    assert 12 <= mask.sum() <= 32
    assert np.abs(damaged - window)[mask].mean() >= 0.04
    np.testing.assert_array_equal(damaged[~mask], window[~mask])


@pytest.mark.parametrize("kind", KINDS)
def test_a_defect_lies_in_its_mask(kind):
    image = np.random.default_rng(1).integers(60, 200, (48, 64, 3)).astype("float64")
    drawn, mask = kind(image, np.random.default_rng(2))
    change = np.abs(drawn - image).max(axis=-1)
    assert 8 <= mask.sum() <= 400
    assert change[mask].mean() > 15
    assert change[~mask].mean() < 0.5


@pytest.mark.slow
def test_tiling_has_a_row_for_every_type():
    printed = run_here("tiling.py", "--side", "700", "--one-process", small=())
    check_rows(printed, {"uint8": 1, "float32": 1})


@pytest.mark.slow
def test_a_search_has_a_row_for_every_default(labelled_file):
    printed = run_here("search.py", labelled_file, "--trials", "2", "--epochs", "1")
    rows = {
        "the best trial": 1,
        "`(?:Basic|BatchNormPool|Residual)CAE`, its defaults": 3,
        "`BatchNormPoolCAE`, with `momentum=0.9`": 1,
    }
    check_rows(printed, rows)


def test_the_kernel_distance_is_that_of_all_pairs():
    x, y = np.random.default_rng(0).normal(size=(2, 6, 4))
    y = y[:5] + 1

    def kernel(a, b):
        return (a @ b / 4 + 1) ** 3

    within = [np.mean([kernel(a, b) for i, a in enumerate(s) for j, b in enumerate(s) if i != j]) for s in (x, y)]
    between = np.mean([kernel(a, b) for a in x for b in y])
    assert kernel_distance(x, y) == pytest.approx(sum(within) - 2 * between)


def test_the_kernel_distance_of_one_distribution_is_zero_on_average():
    generator = np.random.default_rng(0)
    pairs = generator.normal(size=(400, 2, 30, 4))
    distances = [kernel_distance(*pair) for pair in pairs]
    assert np.mean(distances) == pytest.approx(0, abs=3 * np.std(distances) / 20)
    assert min(distances) < 0
    assert kernel_distance(pairs[0, 0], pairs[0, 1] + 1) > max(distances)


def test_rounds_alternate_and_go_backwards_every_second_time():
    calls = []
    times = interleaved({name: lambda name=name: calls.append(name) or len(calls) for name in "abc"}, rounds=3)
    assert "".join(calls) == "abccbaabc"
    assert times == {"a": [1, 6, 7], "b": [2, 5, 8], "c": [3, 4, 9]}


def test_ratios_are_those_of_the_medians_with_the_extremes_of_the_rounds():
    theirs = [Times(6.0, 1.0), Times(2.0, 1.0), Times(3.0, 1.0)]
    mine = [Times(2.0, 2.0), Times(4.0, 2.0), Times(1.0, 2.0)]
    assert ratios(theirs, mine) == [Ratio(1.5, 0.5, 3.0), Ratio(0.5, 0.5, 0.5)]
    assert [str(ratio) for ratio in ratios(theirs, mine)] == ["1.50 (0.50–3.00)", "0.50"]


def test_operations_of_a_small_network():
    # 12×8 images: two convolutions, two dense layers of 3×768, and two transposed convolutions, the first of which
    # is applied at 6×4 positions. The first convolution has no gradient for its inputs.
    first, others = 96 * 9 * 2 * 16, 24 * 9 * 16 * 32 + 2 * 3 * 768 + 24 * 9 * 32 * 16 + 96 * 9 * 16 * 2
    assert training_operations(stock_networks.basic((12, 8, 2), 3)) == 4 * first + 6 * others


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("size", [(12, 8), pytest.param((12,), marks=SLOW), pytest.param((4, 8, 4), marks=SLOW)])
def test_stock_networks_have_the_functions_of_the_models(name, size):
    images = np.random.default_rng(0).random((2, *size, 3), dtype="float32")
    ours, stock = (make(name, images.shape[1:], 5) for make in (make_ours, make_stock))
    ours.build(images.shape)
    # Match weights by shape in the order of layers, which differs where branches join. There, vectors of the same shape
    # have equal initial values.
    generator = np.random.default_rng(1)
    weights = [generator.normal(0, 0.1, w.shape) if w.ndim > 1 else w for w in ours.get_weights()]
    ours.set_weights(weights)
    by_shape = {}
    for weight in weights:
        if np.ndim(weight) == 0:
            continue  # the weight of a penalty, which is a number in stock Keras
        by_shape.setdefault(weight.shape, []).append(weight)
    stock.set_weights([by_shape[tuple(weight.shape)].pop(0) for weight in stock.weights])
    assert not any(by_shape.values())
    np.testing.assert_allclose(stock(images), ours(images), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ARCHITECTURES.values())
@pytest.mark.parametrize("size", [(12, 8), pytest.param((12,), marks=SLOW), pytest.param((4, 8, 4), marks=SLOW)])
def test_pytorch_counts_the_same_operations_in_its_networks(name, size):
    torch = pytest.importorskip("torch")
    import torch_networks
    from torch.utils.flop_counter import FlopCounterMode

    network = getattr(torch_networks, name)((*size, 2), 3)
    with FlopCounterMode(display=False) as counter:
        outputs = network(torch.zeros(5, 2, *size))
        outputs.sum().backward()
    assert outputs.shape == (5, 2, *size)
    assert counter.get_total_flops() == 5 * training_operations(getattr(stock_networks, name)((*size, 2), 3))


def test_a_picture_has_a_row_for_each_label_and_shows_the_images_as_they_are(tmp_path):
    ramp = np.tile(np.arange(16, dtype="uint8") * 16, (3, 12, 1))[..., None]
    pixels = ramp / 255 + 10.0
    save_rows(tmp_path / "rows.png", {"bytes": ramp, "too bright": pixels, "floats": ramp / 255}, zoom=2)
    picture = keras.utils.img_to_array(keras.utils.load_img(tmp_path / "rows.png"))
    assert picture.shape[0] == 3 * 24 + 2 * GAP
    first, bright, floats = (picture[top : top + 24, -96:] for top in range(0, 3 * (24 + GAP), 24 + GAP))
    expected = np.tile(np.repeat(np.arange(16) * 16, 2), (24, 3))
    np.testing.assert_array_equal(first, np.stack([expected] * 3, axis=-1))
    np.testing.assert_array_equal(floats, first)
    assert (bright == 255).all()
