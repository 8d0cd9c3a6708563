"""The dtype policy with which models train or predict fastest on this machine."""

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
"""Where Linux says what the processor can do."""
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}
AMPERE, VOLTA = (8, 0), (7, 0)
"""The compute capabilities from which GPUs multiply matrices faster in bfloat16, and in float16."""
GAIN = 1.05
"""By how much half precision must be faster to be worth its coarser numbers."""
FEWEST_ROUNDS, MOST_ROUNDS, SECONDS = 3, 15, 3.0


def recommended_dtype_policy(
    model: keras.Model | Callable[[], keras.Model] | None = None,
    *,
    image_shape: Sequence[int] | None = None,
    batch_size: int = 32,
    training: bool = True,
) -> str:
    """Return the name of the Keras dtype policy with which models train fastest on this machine.

    - "mixed_bfloat16" where a GPU has a compute capability of 8.0 or more, or where there is no GPU and the processor
      has AVX512-BF16 or AMX-BF16 instructions, which only Linux tells;
    - "mixed_float16" where a GPU has a compute capability of 7.0 or more;
    - "float32" elsewhere.

    How much half precision gains depends on the network and on the images: thin networks and small images may gain
    nothing. With a model, the answer is measured: a few steps in half precision and in float32, in turns, for some
    seconds. Half precision is recommended if the median of its steps is shorter by 5 % or more. Where the machine
    has none, nothing is measured.

    All of these policies keep the weights, the loss, the metrics and the last activation of this library's models in
    float32.

    Args:
        model: None to go by the machine alone; an autoencoder of this library, which is not changed; or a function
            without arguments that makes a model under the global dtype policy, for any model that takes images as
            inputs and targets. Measuring draws random numbers: set the seed afterwards.
        image_shape: `(*spatial, channels)` of the images; by default that which the model was built for.
        batch_size: of the steps.
        training: whether steps of training are measured, or else predictions.

    Raises:
        ValueError: the shape of the images is not known; or the autoencoder was made of given networks, which have a
            precision of their own: pass a function that makes it.

    Example:

    >>> keras.config.set_dtype_policy(keras_cae.recommended_dtype_policy())
    >>> model = keras_cae.models.BasicCAE(latent_dim=32)
    >>> keras.config.set_dtype_policy("float32")
    """
    batch_size, training = positive_int(batch_size, "batch_size"), boolean(training, "training")
    if model is not None:
        shape = _image_shape(model, image_shape)
    elif image_shape is not None:
        raise ValueError(f"image_shape={image_shape!r} takes a model to measure: pass one, or leave image_shape out.")
    policy = _of_the_machine()
    if model is None or policy == SINGLE:
        return policy
    images = np.random.default_rng(0).random((batch_size, *shape), dtype="float32")
    steps = [_step(_made(model, each), images, training) for each in (policy, SINGLE)]
    half, single = _medians(steps)
    return policy if GAIN * half <= single else SINGLE


def _of_the_machine() -> str:
    """The policy that the GPUs that TensorFlow uses allow, or else the processor."""
    gpus = tf.config.get_visible_devices("GPU")
    if not gpus:
        return POLICIES["bfloat16"] if _processor_flags() & BFLOAT16_FLAGS else SINGLE
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    weakest = min(tuple(found.get("compute_capability") or (0, 0)) for found in details)
    if weakest >= AMPERE:
        return POLICIES["bfloat16"]
    return POLICIES["float16"] if weakest >= VOLTA else SINGLE


def _processor_flags() -> set[str]:
    """The instructions that the processor has, as far as this is known."""
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
            raise ValueError(f"image_shape must be (*spatial, channels) of the images of the model, got {image_shape}.")
        return shape
    built = getattr(model, "built_shape", None)
    if built is None or None in built[1:]:
        raise ValueError(
            "image_shape must be given, as (height, width, channels), for a function and for a model that is not built "
            f"or takes any size, got None and {'no shape' if built is None else f'the shape {built}'}."
        )
    return tuple(built[1:])


def _made(model: Any, policy: str) -> Any:
    """A new model with a policy."""
    if isinstance(model, keras.Model):
        return keras.saving.deserialize_keras_object(_uncompiled(with_policy(model, policy)))
    former = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy(policy)
        return model()
    finally:
        keras.config.set_dtype_policy(former)


def _uncompiled(made: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in made.items() if key not in ("build_config", "compile_config")}


def _step(model: Any, images: np.ndarray, training: bool) -> Callable[[], Any]:
    """What is timed: a step that was taken before."""
    model.compile("adam", "mse")
    if training and getattr(model, "normalizer", None) is not None:
        model.fit(images, images, verbose=0)  # adapts it, which single steps don't

    def step() -> Any:
        return model.train_on_batch(images, images) if training else model.predict_on_batch(images)

    step()
    return step


def _medians(steps: Sequence[Callable[[], Any]]) -> list[float]:
    """The median time of each function, called in turns."""
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
