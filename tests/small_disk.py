"""A real disk of 2 MB, which can be filled."""

import os
import subprocess

import pytest

SIZE = 2 << 20


class SmallDisk:
    """A separate file system.

    Args:
        path: the mount point.
    """

    def __init__(self, path):
        self.path = path
        self._filler = path / "filler"

    def fill(self, left=0):
        """Fill the disk except for some bytes, rounded down to blocks of 4096."""
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
        """Free the space that `fill` has used."""
        self._filler.unlink(missing_ok=True)

    def files(self):
        """The relative paths of all files."""
        found = (file for file in self.path.rglob("*") if file.is_file() and file != self._filler)
        return sorted(str(file.relative_to(self.path)) for file in found)


def mounted(path):
    """Mount a disk, or skip the test if this is not permitted. A generator for a fixture."""
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(path)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a disk needs root")
    yield SmallDisk(path)
    subprocess.run(["umount", "--lazy", str(path)], check=True)
