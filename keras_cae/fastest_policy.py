"""Selection of the fastest dtype policy for training or inference on this machine."""

import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_cae.kinds import KINDS
from keras_cae.precision import POLICIES, SINGLE, with_policy
from keras_cae.validation import boolean, positive_int, positive_ints

CPU_INFO = Path("/proc/cpuinfo")
"""The file in which Linux lists the features of the CPU."""
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}
AMPERE, VOLTA = (8, 0), (7, 0)
"""The lowest compute capabilities of GPUs that accelerate matrix products in bfloat16 and in float16."""
GAIN = 1.05
"""The minimum speedup for which half precision is worth its lower accuracy."""
FEWEST_ROUNDS, MOST_ROUNDS, SECONDS = 3, 15, 3.0


def recommended_dtype_policy(
    model: keras.Model | Callable[[], keras.Model] | None = None,
    *,
    image_shape: Sequence[int] | None = None,
    batch_size: int = 32,
    training: bool = True,
) -> str:
    """Return the name of the Keras dtype policy with which models train fastest on this machine.

    - "mixed_bfloat16" if all GPUs have a compute capability of 8.0 or higher, or if there is no GPU and the CPU
      supports AVX512-BF16 or AMX-BF16 instructions, which is detected only on Linux;
    - "mixed_float16" if all GPUs have a compute capability of 7.0 or higher;
    - "float32" otherwise.

    The benefit of half precision depends on the network and the images: small networks and small images may not
    become faster. If a model is given, it is measured: a few steps in half precision and in float32, alternately, for
    a few seconds. Half precision is recommended if it is faster by at least 5 %, by the median duration of a step. If
    the machine does not accelerate half precision, nothing is measured.

    All of these policies keep the weights, the loss, the metrics and the last activation of this library's models in
    float32.

    Args:
        model: None to consider only the hardware; an autoencoder of this library, which is not changed; or a function
            without arguments that returns a model created under the global dtype policy, for any model that takes
            images as inputs and targets. The measurement uses random numbers: set the seed afterwards.
        image_shape: `(*spatial, channels)` of the images; by default the shape that the model was built for.
        batch_size: number of images in a step.
        training: whether to measure training steps instead of predictions.

    Raises:
        ValueError: the shape of the images is unknown; or the autoencoder was created from existing networks, which
            have their own precision: pass a function that creates the model.

    Example:

    >>> keras.config.set_dtype_policy(keras_cae.recommended_dtype_policy())
    >>> model = keras_cae.models.BasicCAE(latent_dim=32)
    >>> keras.config.set_dtype_policy("float32")
    """
    batch_size, training = positive_int(batch_size, "batch_size"), boolean(training, "training")
    if model is not None:
        shape = _image_shape(model, image_shape)
    elif image_shape is not None:
        raise ValueError(
            f"image_shape requires a model to measure, got {image_shape!r}. Pass a model, or omit image_shape."
        )
    policy = _accelerated_policy()
    if model is None or policy == SINGLE:
        return policy
    images = np.random.default_rng(0).random((batch_size, *shape), dtype="float32")
    steps = [_step(_new_model(model, each), images, training) for each in (policy, SINGLE)]
    half, single = _medians(steps)
    return policy if GAIN * half <= single else SINGLE


def _accelerated_policy() -> str:
    """Return the half precision policy that the visible GPUs, or otherwise the CPU, accelerate, or else float32."""
    gpus = tf.config.get_visible_devices("GPU")
    if not gpus:
        return POLICIES["bfloat16"] if _processor_flags() & BFLOAT16_FLAGS else SINGLE
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    weakest = min(tuple(found.get("compute_capability") or (0, 0)) for found in details)
    if weakest >= AMPERE:
        return POLICIES["bfloat16"]
    return POLICIES["float16"] if weakest >= VOLTA else SINGLE


def _processor_flags() -> set[str]:
    """Return the instruction sets of the CPU, or an empty set if they are unknown."""
    try:
        lines = CPU_INFO.read_text().splitlines()
    except OSError:
        return set()
    return set(next((line.partition(":")[2] for line in lines if line.startswith("flags")), "").split())


def _image_shape(model: Any, image_shape: Sequence[int] | None) -> tuple[int, ...]:
    if image_shape is not None:
        shape = positive_ints(image_shape, "image_shape")
        rank = len(shape) - 1
        if rank not in KINDS or getattr(model, "rank", rank) != rank:
            raise ValueError(f"image_shape must be the (*spatial, channels) of the model's images, got {image_shape}.")
        return shape
    built = getattr(model, "built_shape", None)
    if built is None or None in built[1:]:
        raise ValueError(
            "image_shape must be given, as (height, width, channels), for a function and for a model that is not built "
            f"or accepts any size, got None and {'no shape' if built is None else f'the shape {built}'}."
        )
    return tuple(built[1:])


def _new_model(model: Any, policy: str) -> Any:
    """Return a new model with a policy."""
    if isinstance(model, keras.Model):
        return keras.saving.deserialize_keras_object(_uncompiled(with_policy(model, policy)))
    former = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy(policy)
        return model()
    finally:
        keras.config.set_dtype_policy(former)


def _uncompiled(serialized: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in serialized.items() if key not in ("build_config", "compile_config")}


def _step(model: Any, images: np.ndarray, training: bool) -> Callable[[], Any]:
    """Return a function that runs a step, after a first call that compiles it."""
    model.compile("adam", "mse")
    if training and getattr(model, "normalizer", None) is not None:
        model.fit(images, images, verbose=0)  # adapts the normalizer, unlike train_on_batch

    def step() -> Any:
        return model.train_on_batch(images, images) if training else model.predict_on_batch(images)

    step()
    return step


def _medians(steps: Sequence[Callable[[], Any]]) -> list[float]:
    """Return the median duration of each function. The functions are called alternately."""
    times: list[list[float]] = [[] for _ in steps]
    begin = time.perf_counter()
    for number in itertools.count():
        for step, taken in zip(steps, times, strict=True):
            start = time.perf_counter()
            step()
            taken.append(time.perf_counter() - start)
        late = time.perf_counter() - begin > SECONDS
        if number + 1 >= (FEWEST_ROUNDS if late else MOST_ROUNDS):
            return [statistics.median(taken) for taken in times]
    raise AssertionError
