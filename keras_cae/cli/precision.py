"""The precision that `--precision` names, or that `--precision auto` finds."""

from typing import Any

from keras_cae.cli.machine_options import PrecisionName
from keras_cae.cli.messages import warn
from keras_cae.fastest_policy import recommended_dtype_policy
from keras_cae.precision import POLICIES, SINGLE, has_given_networks

AUTO = "auto"
NAMES = {policy: name for name, policy in POLICIES.items()}


def chosen_precision(
    precision: PrecisionName, model: Any = None, *, announced: bool = True, **measured: Any
) -> PrecisionName:
    """The type to compute in, which is printed if it is for this machine to decide.

    Args:
        precision: what `--precision` was given.
        model: an autoencoder to measure, or None to go by the machine alone.
        announced: whether that is printed.
        **measured: what `recommended_dtype_policy` takes beside it.

    Returns:
        "float32", "bfloat16" or "float16".
    """
    if precision != AUTO:
        return precision
    name, reason = _fastest(model, measured)
    if announced:
        warn(f"Precision: {name}, {reason}.")
    return name


def _fastest(model: Any, measured: dict[str, Any]) -> tuple[Any, str]:
    half = NAMES[recommended_dtype_policy()]
    if half == SINGLE:
        return SINGLE, "since this machine computes nothing faster in half precision"
    if model is None:
        return half, "which this machine computes faster than float32"
    if has_given_networks(model):
        return SINGLE, "since the networks of this model were given to it in a precision of their own"
    if NAMES[recommended_dtype_policy(model, **measured)] == half:
        return half, "in which a measurement of this model was faster than in float32"
    return SINGLE, f"since a measurement of this model was no faster in {half}"
