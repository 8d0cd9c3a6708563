"""The options for the device and the precision."""

import re
from typing import Annotated, Literal

import typer

DEVICE = re.compile(r"cpu|gpu(:\d+)?")


def _device(value: str | None) -> str | None:
    if value is None:
        return None
    if DEVICE.fullmatch(value.lower()) is None:
        raise typer.BadParameter(f"{value!r} is not cpu, gpu, or gpu:N with the index of a GPU, such as gpu:1.")
    return value.lower()


Device = Annotated[
    str | None,
    typer.Option(
        metavar="cpu|gpu|gpu:N",
        callback=_device,
        help="The device to use: the CPU, the first GPU, or the GPU with the given index, counted from 0.",
        show_default="the first GPU if there is one, else the CPU",
        rich_help_panel="Machine",
    ),
]
PrecisionName = Literal["auto", "float32", "bfloat16", "float16"]
Precision = Annotated[
    PrecisionName,
    typer.Option(
        help="The precision to compute in. auto selects the fastest one on this machine, and measures the model if "
        "this is uncertain. Models are always saved in float32.",
        rich_help_panel="Machine",
    ),
]
AppliedPrecision = Annotated[
    PrecisionName,
    typer.Option(
        help="The precision to compute in. auto selects the fastest one on this machine, and measures the model if "
        "this is uncertain.",
        rich_help_panel="Machine",
    ),
]
