"""A real disk of 2 MB, which can be filled."""

import os
import subprocess

import pytest

SIZE = 2 << 20


class SmallDisk:
    """A file system of its own.

    Args:
        path: where it is mounted.
    """

    def __init__(self, path):
        self.path = path
        self._filler = path / "filler"

    def fill(self, left=0):
        """Use up all space but some bytes, which are rounded down to blocks of 4096."""
        self.free()
        descriptor, size = os.open(self._filler, os.O_CREAT | os.O_WRONLY), 0
        try:
            while True:
                size += os.write(descriptor, b"0" * 4096)
        except OSError:
            os.ftruncate(descriptor, size - left)
        finally:
            os.close(descriptor)

    def free(self):
        """Give back the space that `fill` used up."""
        self._filler.unlink(missing_ok=True)

    def files(self):
        """The names of all files, with those of their folders."""
        found = (file for file in self.path.rglob("*") if file.is_file() and file != self._filler)
        return sorted(str(file.relative_to(self.path)) for file in found)


def mounted(path):
    """Mount a disk; skip the test where that is not allowed. A generator, for a fixture."""
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(path)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a disk needs root")
    yield SmallDisk(path)
    subprocess.run(["umount", "--lazy", str(path)], check=True)
