"""The errors about images that a model does not accept."""

from typing import Any

from keras_cae.pixel_values import RULE, of_other_types, problem_of_integers


def not_finite(name: str, infinite: bool = False) -> ValueError:
    """Return the error about values that are NaN or infinite."""
    what = "infinite" if infinite else "not a number (NaN)"
    return ValueError(
        f"{name} has values that are {what}. Leave these images out, or repair them: "
        f"~np.isfinite({name}).reshape(len({name}), -1).all(axis=1) finds them."
    )


def of_integers(name: str, dtype: str, low: float, high: float, known: bool) -> ValueError | None:
    """Return the error about integers that are no images of their type, or None."""
    problem = problem_of_integers(dtype, low, high, known, name)
    return None if problem is None else ValueError(f"{name} has the type {dtype}, {problem}")


def of_type(name: str, dtype: str) -> ValueError:
    """Return the error about integers of a type that images do not have."""
    return ValueError(f"{name} has the type {dtype}. {RULE} {of_other_types(name)}")


def of_weights(low: float, high: float) -> ValueError:
    """Return the error about weights."""
    return ValueError(f"sample_weight must be finite numbers, zero or above, got values from {low:g} to {high:g}.")


def out_of_range(name: str, low: float, high: float, gate: Any) -> ValueError:
    """Return the error about floats that the model can't have been made for.

    Args:
        name: the argument.
        low: the lowest value.
        high: the highest value.
        gate: the `InputGate` that refuses them.
    """
    if gate.bounded:
        rule = (
            f"The output activation {gate.activation!r} reaches values from {gate.low:g} to {gate.high:g}, "
            f"but {name} has values from {low:g} to {high:g}."
        )
    else:
        trained = gate.span or (0.0, 0.0)
        rule = (
            f"This model was trained on images with values from {trained[0]:g} to {trained[1]:g}, but "
            f"{name} has values from {low:g} to {high:g}."
        )
    return ValueError(
        f"{rule} Scale the images: for values from 0 to 255 pass them as uint8, which is scaled for you, or "
        "divide by 255. For values of another unit give the model normalizer=keras.layers.Normalization(), or "
        "choose the output_activation that fits, for instance 'linear'."
    )
