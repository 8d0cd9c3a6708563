"""`--device`: the device that a command uses."""

import pytest
import tensorflow as tf
from conftest import READABLE

from keras_cae.cli import devices
from keras_cae.cli.devices import gpu_numbers, use_device
from keras_cae.cli.tuning.workers import Processes, _share

GPUS = [tf.config.PhysicalDevice(f"/physical_device:GPU:{number}", "GPU") for number in range(2)]


@pytest.fixture
def visible(monkeypatch):
    """Simulates a machine with two GPUs, and returns the list of those that TensorFlow uses."""
    used = list(GPUS)

    def choose(chosen, kind):
        assert kind == "GPU"
        used[:] = chosen

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: GPUS if kind == "GPU" else [])
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: used if kind == "GPU" else [])
    monkeypatch.setattr(tf.config, "set_visible_devices", choose)
    return used


@pytest.mark.parametrize(
    ("name", "numbers"), [(None, [0, 1]), ("cpu", []), ("gpu", [0]), ("gpu:0", [0]), ("gpu:1", [1])]
)
def test_one_device_is_used(name, numbers, visible):
    use_device(name)
    assert visible == [GPUS[number] for number in numbers]
    assert gpu_numbers() == numbers


def test_a_device_that_is_not_there(visible):
    with pytest.raises(ValueError, match=r"--device must be one of .*cpu, gpu:0, gpu:1.*got gpu:2"):
        use_device("gpu:2")


def test_a_device_that_comes_too_late(visible, monkeypatch):
    def refuse(chosen, kind):
        raise RuntimeError

    monkeypatch.setattr(devices.import_keras.__globals__["importlib"], "import_module", lambda name: None)
    monkeypatch.setattr(tf.config, "set_visible_devices", refuse)
    with pytest.raises(ValueError, match=r"--device must be chosen before .* got gpu:1"):
        use_device("gpu:1")


COMMANDS = {
    "train": ["digits"],
    "tune": ["digits"],
    "encode": ["model.keras", "photos"],
    "decode": ["model.keras", "codes.npy"],
    "reconstruct": ["model.keras", "photos"],
    "evaluate": ["model.keras", "photos"],
    "sample": ["model.keras"],
    "score": ["detector.keras", "photos"],
    "denoise": ["photos", "--out", "clean"],
    "export": ["model.keras", "model.onnx"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_refuses_a_device_that_is_not_there(command, invoke, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    result = invoke(command, *COMMANDS[command], "--device", "GPU:7")
    assert result.exit_code == 2
    assert result.stderr == "Error: --device must be one of the devices of this machine (cpu), got gpu:7.\n"


def test_another_word_is_refused(invoke):
    result = invoke("encode", "model.keras", "photos", "--device", "tpu")
    assert result.exit_code == 2
    assert "'tpu' is not cpu, gpu, or gpu:N" in " ".join(result.stderr.replace("│", "").split())


def test_the_processor(invoke, saved, photos):
    result = invoke("evaluate", saved / "model.keras", photos, "--device", "cpu", "--json")
    assert result.exit_code == 0, result.output
    assert f'"images": {len(READABLE)}' in result.stdout


def test_workers_share_the_chosen_gpus_or_the_cores():
    assert [_share(index, 3, [1, 3])["CUDA_VISIBLE_DEVICES"] for index in range(3)] == ["1", "3", "1"]
    shared = _share(0, 2, [])
    assert shared["CUDA_VISIBLE_DEVICES"] == "-1"
    assert int(shared["TF_NUM_INTRAOP_THREADS"]) >= 1


def test_a_worker_computes_on_what_it_is_given(monkeypatch):
    started = []
    monkeypatch.setattr("subprocess.Popen", lambda command, env, stdin: started.append(command))
    Processes(["tune", "--device", "gpu:1"]).start({}, "gpu")
    assert started[0][-5:] == ["tune", "--device", "gpu:1", "--device", "gpu"]
