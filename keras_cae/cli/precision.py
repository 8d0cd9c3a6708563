"""Selection of the precision for the option `--precision`."""

from typing import Any

from keras_cae.cli.machine_options import PrecisionName
from keras_cae.cli.messages import warn
from keras_cae.fastest_policy import recommended_dtype_policy
from keras_cae.precision import POLICIES, SINGLE, has_given_networks

AUTO = "auto"
NAMES = {policy: name for name, policy in POLICIES.items()}


def choose_precision(
    precision: PrecisionName, model: Any = None, *, announced: bool = True, **measured: Any
) -> PrecisionName:
    """Return the precision to compute in, and print it if it was selected automatically.

    Args:
        precision: the value of `--precision`.
        model: an autoencoder to measure, or None to consider only the hardware.
        announced: whether to print an automatic selection.
        **measured: further arguments of `recommended_dtype_policy`.

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
        return SINGLE, "because this machine does not accelerate half precision"
    if model is None:
        return half, "because this machine accelerates it"
    if has_given_networks(model):
        return SINGLE, "because the networks passed to this model have their own precision"
    if NAMES[recommended_dtype_policy(model, **measured)] == half:
        return half, "because this model was measured to be faster in it than in float32"
    return SINGLE, f"because this model was measured to be no faster in {half}"
