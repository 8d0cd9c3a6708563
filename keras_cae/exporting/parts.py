"""The parts of an autoencoder that can be exported, and detectors."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_cae.exporting.examples import random_images
from keras_cae.exporting.served import Served
from keras_cae.images import compatible
from keras_cae.validation import one_of

PARTS = ("autoencoder", "encoder", "decoder")
TOLERANCE_OF_SCORES = 1e-3
"""It is large, because scores divide small differences by small standard deviations of normal images."""
SMALLEST_RANGE_OF_SCORES = 1e-4
"""It is small, because squared errors can be this small."""
INPUT_DTYPES = ("uint8", "uint16", "float32")


def part_of(model: Any, part: str, input_dtype: str | None, input_signature: Any) -> Served:
    """Return a part of an autoencoder.

    Args:
        model: a built autoencoder of the library.
        part: one of `PARTS`.
        input_dtype: dtype of the images; None for that of the training images.
        input_signature: shape and dtype of the input, in the form of Keras; None for those of the model.

    Raises:
        ValueError: there is no such part, or the dtype or the shape is not supported.
    """
    if one_of(part, "part", PARTS) == "decoder":
        return _decoder(model, input_dtype, input_signature)
    shape, dtype = _images(model, model.built_shape, input_dtype, input_signature)
    encodes = part == "encoder"
    function = (
        (lambda images: {"codes": _in_full(model.encode(ops.convert_to_tensor(images)))})
        if encodes
        else (lambda images: {"reconstructions": _in_full(model._reconstruct(images))})
    )
    return Served(
        description=f"the encoder of {type(model).__name__}" if encodes else type(model).__name__,
        model=model,
        function=function,
        input_name="images",
        shape=shape,
        dtype=dtype,
        image_shape=shape[1:],
        examples=_images_for(model, dtype, shape[-1]),
        is_discontinuous=_is_discontinuous(model),
    )


def _decoder(model: Any, input_dtype: str | None, input_signature: Any) -> Served:
    if input_dtype is not None:
        raise ValueError(f"input_dtype is not supported for part='decoder', got {input_dtype!r}. Omit it.")
    if not model.decodes_codes_alone:
        raise ValueError(
            f"The decoder of {type(model).__name__} can't be exported as a separate part, because it needs feature "
            "maps of the encoder in addition to the codes. Use part='autoencoder', or call model.decoder.export, which "
            "exports it with both inputs. To decode codes alone, use a model without skip connections."
        )
    given = "int32" if getattr(model.bottleneck, "codebook_size", None) is not None else model.variable_dtype
    shape, dtype = _given((None, *model.code_shape), given, input_signature, "codes")

    def examples(count: int, size: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        images = random_images(model, (count, *size, model.built_shape[-1]), model.variable_dtype, rng)
        return np.asarray(ops.convert_to_numpy(model.encode(ops.convert_to_tensor(images)))).astype(dtype)

    return Served(
        description=f"the decoder of {type(model).__name__}",
        model=model,
        function=lambda codes: {"images": _in_full(model.decode(ops.convert_to_tensor(codes)))},
        input_name="codes",
        shape=shape,
        dtype=dtype,
        image_shape=model.built_shape[1:],
        examples=examples,
    )


def detector_of(detector: Any, input_dtype: str | None, input_signature: Any) -> Served:
    """Return a detector with all outputs of a call.

    Args:
        detector: the calibrated detector.
        input_dtype: dtype of the images; None for that of the training images.
        input_signature: shape and dtype of the input, in the form of Keras; None for those of the detector.
    """
    autoencoder = detector.autoencoder
    shape, dtype = _images(autoencoder, detector.images_shape, input_dtype, input_signature)
    return Served(
        description=f"the detector around {type(autoencoder).__name__}",
        model=detector,
        function=lambda images: {name: _in_full(value) for name, value in detector(images).items()},
        input_name="images",
        shape=shape,
        dtype=dtype,
        image_shape=shape[1:],
        examples=_images_for(autoencoder, dtype, shape[-1]),
        is_discontinuous=_is_discontinuous(autoencoder),
        tolerance=TOLERANCE_OF_SCORES,
        smallest_range=SMALLEST_RANGE_OF_SCORES,
        ranges={"score": detector.calibration.spread()},
        derived={
            "is_anomaly": lambda outputs: _above(outputs["score"], outputs["threshold"]),
            "mask": lambda outputs: _above(outputs["anomaly_map"], outputs["map_threshold"]),
            "probability": lambda outputs: keras.ops.convert_to_numpy(
                detector.calibration.probability(ops.convert_to_tensor(outputs["score"]))
            ),
        },
    )


def _images_for(model: Any, dtype: str, channels: Any) -> Callable[..., np.ndarray]:
    return lambda count, size, rng: random_images(model, (count, *size, channels), dtype, rng)


def _images(model: Any, shape: Any, input_dtype: str | None, input_signature: Any) -> tuple[Any, str]:
    """Return the shape and the dtype of the images."""
    if input_dtype is not None and input_signature is not None:
        raise ValueError("input_dtype and input_signature can't be combined, because a signature has a dtype.")
    dtype = input_dtype and one_of(input_dtype, "input_dtype", INPUT_DTYPES)
    shape, dtype = _given(shape, dtype or model._export_signature()[0].dtype, input_signature, "images")
    try:
        model._gate.check_type(dtype, "images")
    except ValueError as error:
        raise ValueError(f"{dtype} is not supported as the input dtype. {error}") from error
    return shape, dtype


def _given(shape: Any, dtype: str, input_signature: Any, what: str) -> tuple[Any, str]:
    """Return the shape and the dtype of an input, overridden by the signature if there is one."""
    if input_signature is None:
        return tuple(shape), dtype
    specs = keras.tree.flatten(input_signature)
    if len(specs) != 1:
        raise ValueError(f"input_signature must have a single entry, for the {what}, got {input_signature!r}.")
    (spec,) = specs
    if not compatible(tuple(spec.shape), shape):
        raise ValueError(f"input_signature must have the shape {tuple(shape)} of the {what}, got {tuple(spec.shape)}.")
    known = tuple(own if side is None else side for own, side in zip(shape, tuple(spec.shape), strict=True))
    return known, keras.backend.standardize_dtype(spec.dtype or dtype)


def _in_full(value: Any) -> Any:
    """Convert half-precision values to float32, which all runtimes support."""
    dtype = keras.backend.standardize_dtype(value.dtype)
    return ops.cast(value, "float32") if dtype in ("float16", "bfloat16") else value


def _above(values: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    return (values > threshold) | np.isnan(values)


def _is_discontinuous(model: Any) -> bool:
    return getattr(model.bottleneck, "codebook_size", None) is not None
