"""A check that images fit into memory, because otherwise the machine would start to swap."""

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.kinds import KINDS
from keras_cae.wording import counted

IMAGE_AXES = 4
COPIES = 3
"""The number of copies of the images in memory at the peak: as loaded, as split, and in TensorFlow."""

CONTROL_GROUPS = (
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"),
)
"""The files with the memory limit of a container, its usage and its statistics, and the name of the reclaimable cache,
for control groups of versions 2 and 1."""


def check_memory(shape: tuple[int, ...], dtype: Any, what: str | None = None, remedy: str | None = None) -> None:
    """Raise a `ValueError` if images don't fit into the memory that is available.

    Args:
        shape: `(n, *spatial, channels)` of the images.
        dtype: type of the values.
        what: the name of the examples in the plural; by default that of their rank.
        remedy: a sentence that says what to do instead.
    """
    needed = COPIES * math.prod(shape) * np.dtype(dtype).itemsize
    available = available_memory()
    if available is None or needed <= available:
        return
    what = what or KINDS[len(shape) - 2].noun
    smaller = "a smaller image_size (--image-size), or " if len(shape) == IMAGE_AXES else ""
    remedy = remedy or f"Use {smaller}fewer {what}."
    raise ValueError(
        f"{counted(shape[0], what)} of {'×'.join(map(str, shape[1:]))} would take about {needed / 1e9:,.1f} GB of "
        f"memory, but only {available / 1e9:,.1f} GB are available. {remedy}"
    )


def available_memory() -> int | None:
    """Return the bytes of memory that this process may still use, or None if unknown."""
    return min(_limits(), default=None)


def _limits() -> Iterator[int]:
    """Yield the bytes that are available on the machine and, in a container, in its control group."""
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
    """Return the bytes of cached files, which the system frees if a program needs memory."""
    lines = [line.split() for line in (_read(path) or "").splitlines()]
    return next((int(line[1]) for line in lines if line[0] == name), 0)


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text()
    except OSError:
        return None
