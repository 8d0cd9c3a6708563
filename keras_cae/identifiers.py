"""The names of losses and metrics."""

import re


def snake_case(name: str) -> str:
    """The name of a class in snake case: "multi_scale_ssim" for "MultiScaleSSIM"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
