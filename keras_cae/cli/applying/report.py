"""Output of the commands that apply a model, as text or JSON."""

import json
import math
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from keras_cae.cli.applying.images import Images
from keras_cae.cli.messages import say, say_table, warn
from keras_cae.cli.report import report_skipped

LISTED_DATA = 3
"""The largest number of DATA arguments that are repeated in a suggested command."""


def image_options(options: Any) -> dict[str, Any]:
    """Return the arguments of `open_images` that are options."""
    return {name: getattr(options, name) for name in ("key", "image_size", "resize")}


def note(images: Images) -> None:
    """Print the notes about the selection of the images."""
    for sentence in images.notes:
        warn(f"Note: {sentence}")


def report(options: Any, results: dict[str, Any], said: Sequence[str | Table], images: Images | None = None) -> None:
    """Print the results.

    Args:
        options: options of the command.
        results: the results for `--json`.
        said: the results as lines and tables.
        images: the images, whose skipped files are listed.
    """
    skipped = [] if images is None else images.skipped
    report_skipped(skipped)
    if not options.json:
        for line in said:
            if isinstance(line, Table):
                say_table(line)
            else:
                say(line)
        return
    about: dict[str, Any] = {"model": str(options.model)}
    if images is not None:
        about["data"] = options.data[0] if len(options.data) == 1 else options.data
        results = {**results, "skipped": [file._asdict() for file in skipped]}
    say(json.dumps(_finite({**about, **results})))


def shell_quoted(*parts: str | Path) -> str:
    """Return arguments quoted for the shell."""
    return " ".join(shlex.quote(str(part)) for part in parts)


def shell_quoted_data(options: Any) -> str:
    """Return DATA quoted for the shell, or a placeholder if the list is long."""
    return shell_quoted(*options.data) if len(options.data) <= LISTED_DATA else "DATA"


def shape_text(shape: Sequence[int | None]) -> str:
    """Return a shape as text, with "any" for axes of unknown length."""
    return "×".join("any" if side is None else str(side) for side in shape)


def _finite(values: Any) -> Any:
    """Return values with NaN and infinite numbers, which JSON does not support, replaced by None."""
    if isinstance(values, dict):
        return {name: _finite(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [_finite(value) for value in values]
    return None if isinstance(values, float) and not math.isfinite(values) else values
