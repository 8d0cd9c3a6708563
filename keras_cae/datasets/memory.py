"""The check whether images fit into memory, before the machine starts to swap."""

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.kinds import KINDS

IMAGE_AXES = 4
COPIES = 3
"""Loaded, split into parts, handed to TensorFlow: what a training holds at its peak."""

CONTROL_GROUPS = (
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"),
)
"""Where the limit of a container, what is used of it and what could be freed are written, by version of the groups."""


def check_memory(shape: tuple[int, ...], dtype: Any, what: str | None = None, remedy: str | None = None) -> None:
    """Raise a `ValueError` if images don't fit into the memory that is available.

    Args:
        shape: `(n, *spatial, channels)` of the images.
        dtype: type of the values.
        what: what to call them; by default what they are called by their rank.
        remedy: what to do about it, a sentence.
    """
    needed = COPIES * math.prod(shape) * np.dtype(dtype).itemsize
    available = available_memory()
    if available is None or needed <= available:
        return
    what = what or KINDS[len(shape) - 2].noun
    smaller = "a smaller image_size (--image-size), or " if len(shape) == IMAGE_AXES else ""
    remedy = remedy or f"Use {smaller}fewer {what}."
    raise ValueError(
        f"{shape[0]:,} {what} of {'×'.join(map(str, shape[1:]))} need about {needed / 1e9:,.1f} GB of memory, "
        f"and {available / 1e9:,.1f} GB are available. {remedy}"
    )


def available_memory() -> int | None:
    """Return bytes of memory that this process may still use, or None where it can't be known."""
    return min(_limits(), default=None)


def _limits() -> Iterator[int]:
    """Yield what the machine and, in a container, its control group leave."""
    meminfo = _read("/proc/meminfo")
    if meminfo is not None:
        fields = dict(line.split(":", 1) for line in meminfo.splitlines() if ":" in line)
        if "MemAvailable" in fields:
            yield 1024 * int(fields["MemAvailable"].split()[0])
    elif "SC_PHYS_PAGES" in getattr(os, "sysconf_names", ()):
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for limit, used, stat, cache in CONTROL_GROUPS:
        numbers = [_read(f"/sys/fs/cgroup/{name}") for name in (limit, used)]
        if all(number is not None and number.strip().isdigit() for number in numbers):
            most, now = (int(number or 0) for number in numbers)
            yield max(0, most - now + _cached(f"/sys/fs/cgroup/{stat}", cache))


def _cached(path: str, name: str) -> int:
    """Return bytes of files that were read, which the system frees when a program needs memory."""
    lines = [line.split() for line in (_read(path) or "").splitlines()]
    return next((int(line[1]) for line in lines if line[0] == name), 0)


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text()
    except OSError:
        return None
