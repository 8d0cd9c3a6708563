"""The options that say on what, and in which precision, a command computes."""

import re
from typing import Annotated, Literal

import typer

DEVICE = re.compile(r"cpu|gpu(:\d+)?")


def _device(value: str | None) -> str | None:
    if value is None:
        return None
    if DEVICE.fullmatch(value.lower()) is None:
        raise typer.BadParameter(f"{value!r} is not cpu, gpu, or gpu:N with the number of a GPU, such as gpu:1.")
    return value.lower()


Device = Annotated[
    str | None,
    typer.Option(
        metavar="cpu|gpu|gpu:N",
        callback=_device,
        help="What to compute on: the processor, the first GPU, or the GPU with this number, counted from 0.",
        show_default="the first GPU if there is one, else the processor",
        rich_help_panel="Machine",
    ),
]
PrecisionName = Literal["auto", "float32", "bfloat16", "float16"]
Precision = Annotated[
    PrecisionName,
    typer.Option(
        help="What to compute in. auto takes what is fastest on this machine, measured for the model where that is in "
        "doubt. Models are saved in float32 all the same.",
        rich_help_panel="Machine",
    ),
]
AppliedPrecision = Annotated[
    PrecisionName,
    typer.Option(
        help="What to compute in. auto takes what is fastest on this machine, measured for the model where that is in "
        "doubt.",
        rich_help_panel="Machine",
    ),
]
