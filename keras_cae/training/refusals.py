"""The errors for images that a model does not accept."""

from typing import Any

from keras_cae.pixel_values import RULE, problem_of_integers, remedy_for_other_types


def nonfinite_error(name: str, infinite: bool = False) -> ValueError:
    """Return the error for values that are NaN or infinite."""
    what = "infinite" if infinite else "not a number (NaN)"
    return ValueError(
        f"{name} has values that are {what}. Leave these images out, or repair them: "
        f"~np.isfinite({name}).reshape(len({name}), -1).all(axis=1) finds them."
    )


def integer_error(name: str, dtype: str, low: float, high: float, known: bool) -> ValueError | None:
    """Return the error for integers that are not images of their type, or None if they are."""
    problem = problem_of_integers(dtype, low, high, known, name)
    return None if problem is None else ValueError(f"{name} has the type {dtype}, {problem}")


def dtype_error(name: str, dtype: str) -> ValueError:
    """Return the error for integers whose type is not a type of images."""
    return ValueError(f"{name} has the type {dtype}. {RULE} {remedy_for_other_types(name)}")


def weights_error(low: float, high: float) -> ValueError:
    """Return the error for invalid sample weights."""
    return ValueError(f"sample_weight must be finite and non-negative, got values from {low:g} to {high:g}.")


def range_error(name: str, low: float, high: float, gate: Any) -> ValueError:
    """Return the error for floats outside the range of the model.

    Args:
        name: name of the argument.
        low: the lowest value.
        high: the highest value.
        gate: the `InputGate` that refuses the values.
    """
    if gate.bounded:
        rule = (
            f"The output activation {gate.activation!r} has values from {gate.low:g} to {gate.high:g}, "
            f"but {name} has values from {low:g} to {high:g}."
        )
    else:
        trained = gate.span or (0.0, 0.0)
        rule = (
            f"This model was trained on images with values from {trained[0]:g} to {trained[1]:g}, but "
            f"{name} has values from {low:g} to {high:g}."
        )
    return ValueError(
        f"{rule} Scale the images: pass values from 0 to 255 as uint8, which the model scales, or divide them by 255. "
        "For values in another unit, give the model normalizer=keras.layers.Normalization() or a suitable "
        "output_activation, for instance 'linear'."
    )
