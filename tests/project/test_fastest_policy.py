"""The choice of the fastest precision on a machine."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_cae
from keras_cae import fastest_policy, models

PLAIN = "processor\t: 0\nflags\t\t: fpu sse2 avx512f avx512_vnni\n\n"
FLAGS = {
    PLAIN: "float32",
    PLAIN.replace("vnni", "bf16"): "mixed_bfloat16",
    PLAIN.replace("fpu", "amx_bf16 fpu"): "mixed_bfloat16",
    "processor\t: 0\nFeatures\t: fp asimd bf16\n": "float32",
    "": "float32",
}


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Simulate another processor and other GPUs."""

    def build(cpu_info=PLAIN, gpus=()):
        monkeypatch.setattr(fastest_policy, "CPU_INFO", tmp_path / "cpuinfo")
        if cpu_info is not None:
            (tmp_path / "cpuinfo").write_text(cpu_info)
        devices = [tf.config.PhysicalDevice(f"/physical_device:GPU:{number}", "GPU") for number in range(len(gpus))]
        monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: devices if kind == "GPU" else [])
        details = dict(zip(devices, gpus, strict=True))
        monkeypatch.setattr(tf.config.experimental, "get_device_details", details.get)

    return build


@pytest.fixture
def clock(monkeypatch):
    """Simulate step times in half precision and in float32."""

    def set_times(half, single):
        now, steps = [0.0], itertools.cycle((half, single))

        def perf_counter():
            return now[0]

        def step():
            now[0] += next(steps)

        monkeypatch.setattr(fastest_policy.time, "perf_counter", perf_counter)
        monkeypatch.setattr(fastest_policy, "_step", lambda *arguments: step)

    return set_times


@pytest.mark.parametrize(("cpu_info", "policy"), FLAGS.items())
def test_processors(cpu_info, policy, machine):
    machine(cpu_info)
    assert keras_cae.recommended_dtype_policy() == policy


def test_no_linux(machine):
    machine(None)
    assert keras_cae.recommended_dtype_policy() == "float32"


@pytest.mark.parametrize(
    ("gpus", "policy"),
    [
        ([{"compute_capability": (8, 0)}], "mixed_bfloat16"),
        ([{"compute_capability": (12, 0)}], "mixed_bfloat16"),
        ([{"compute_capability": (7, 5)}], "mixed_float16"),
        ([{"compute_capability": (6, 1)}], "float32"),
        ([{"compute_capability": (9, 0)}, {"compute_capability": (7, 0)}], "mixed_float16"),
        ([{"device_name": "unknown"}], "float32"),
    ],
)
def test_gpus_decide_where_there_are_some(gpus, policy, machine):
    machine(PLAIN.replace("vnni", "bf16"), gpus)
    assert keras_cae.recommended_dtype_policy() == policy


@pytest.mark.parametrize(("half", "policy"), [(0.9, "mixed_bfloat16"), (0.97, "float32"), (2.0, "float32")])
def test_a_model_is_measured_in_both(half, policy, machine, clock):
    machine(PLAIN.replace("vnni", "bf16"))
    clock(half, 1.0)
    model = models.BasicCAE(3, filters=(4,))
    assert keras_cae.recommended_dtype_policy(model, image_shape=(8, 8, 1)) == policy


def test_nothing_is_measured_where_there_is_no_half_precision(machine):
    machine()

    def make():
        raise AssertionError

    assert keras_cae.recommended_dtype_policy(make, image_shape=(8, 8, 1)) == "float32"


@pytest.mark.parametrize("training", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_real_steps_leave_the_model_and_the_policy_alone(training, machine, monkeypatch):
    machine(PLAIN.replace("vnni", "bf16"))
    monkeypatch.setattr(fastest_policy, "SECONDS", 0.0)
    model = models.BasicCAE(3, filters=(4,), normalizer=keras.layers.Normalization())
    model.build((None, 8, 8, 1))
    before = model.get_weights()
    assert keras_cae.recommended_dtype_policy(model, training=training) in ("mixed_bfloat16", "float32")
    for weight, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, other)
    assert not model.compiled
    assert keras.config.dtype_policy().name == "float32"


def test_a_function_makes_models_under_both_policies(machine, clock):
    machine(PLAIN.replace("vnni", "bf16"))
    clock(0.5, 1.0)
    made = []

    def make():
        made.append(keras.config.dtype_policy().name)
        return models.BasicCAE(3)

    assert keras_cae.recommended_dtype_policy(make, image_shape=(8, 8, 1)) == "mixed_bfloat16"
    assert made == ["mixed_bfloat16", "float32"]
    assert keras.config.dtype_policy().name == "float32"


def test_the_size_of_the_images_must_be_known():
    model = models.BasicCAE(filters=(2,))
    with pytest.raises(ValueError, match="image_shape must be given"):
        keras_cae.recommended_dtype_policy(model)
    model.build((None, None, None, 1))
    with pytest.raises(ValueError, match=r"got None and the shape \(None, None, None, 1\)"):
        keras_cae.recommended_dtype_policy(model)
    with pytest.raises(ValueError, match="image_shape requires a model to measure"):
        keras_cae.recommended_dtype_policy(image_shape=(8, 8, 1))
    with pytest.raises(ValueError, match="image_shape must be"):
        keras_cae.recommended_dtype_policy(model, image_shape=(8, 1))
