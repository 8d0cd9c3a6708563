"""Fetches photographs under free licences from Debian packages, to train denoisers.

    python tests/benchmarks/photographs.py FOLDER

Requires Debian with apt-get and dpkg-deb; no package is installed. Writes a folder for each package, with its
photographs as PNG files of at most 640 pixels on the longer side. They are reduced by at least a third, which removes
most JPEG artifacts. Also writes sources.json, with the version and licences of each package, and for each photograph
its file in the package and, if the package states them, its author and licence.
"""

import argparse
import fnmatch
import io
import json
import re
import subprocess
import tempfile
from pathlib import Path

from PIL import Image, UnidentifiedImageError

PACKAGES = (
    "gcompris-qt-data",
    "gnome-backgrounds",
    "lomiri-wallpapers-16.04",
    "lomiri-wallpapers-20.04",
    "mate-backgrounds",
    "ukui-wallpapers",
)
SUFFIXES = (".jpg", ".jpeg", ".webp")
LONGEST, SHORTEST = 640, 200
"""The maximum of the longer side and the minimum of the shorter side of a photograph."""
REDUCTION = 1.5
NOT_TAKEN = ("abstract", "babyshapes", "details", "/desktop/", "lang.rcc", "paintings", "screenshot", "solar_system")
"""Words in the paths of pictures that are not photographs."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    sources = {}
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as temporary:
            version = fetch(package, Path(temporary))
            copyrights = Copyrights(next(Path(temporary).rglob("copyright")).read_text(errors="replace"))
            photographs = {}
            for name, content in pictures(Path(temporary)):
                file = folder / package / f"{len(photographs):03d}.png"
                if keep(content, file):
                    photographs[file.name] = {"file": name, **copyrights.of(name)}
        sources[package] = {"version": version, "licences": copyrights.licences, "photographs": photographs}
        print(f"{package}: {len(photographs)} photographs")
    (folder / "sources.json").write_text(json.dumps(sources, indent=1, ensure_ascii=False))


def fetch(package, folder):
    """Unpack a package into a folder, and return its version."""
    subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    archive = next(folder.glob("*.deb"))
    subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
    return archive.name.split("_")[1].replace("%3a", ":")


def pictures(folder):
    """Yield the names and contents of the pictures in a package, including those in resource files of Qt."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if any(word in name for word in NOT_TAKEN) or path.is_symlink() or not path.is_file():
            continue
        if path.suffix.lower() in SUFFIXES:
            yield name, path.read_bytes()
        elif path.suffix == ".rcc":
            content = path.read_bytes()
            for found in re.finditer(rb"(?=....(RIFF....WEBP|\xff\xd8\xff))", content, re.DOTALL):
                start = found.start() + 4
                length = int.from_bytes(content[start - 4 : start], "big")  # stored before each file
                if start + length <= len(content):
                    yield f"{name}#{start}", content[start : start + length]


def keep(content, file):
    """Write a picture at a smaller size if it is a photograph, and return whether it is one."""
    try:
        picture = Image.open(io.BytesIO(content))
        if min(picture.size) < SHORTEST or picture.has_transparency_data:  # drawings have transparent backgrounds
            return False
        picture = picture.convert("RGB")
    except (UnidentifiedImageError, OSError):
        return False
    longest = min(LONGEST, round(max(picture.size) / REDUCTION))
    picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    if min(picture.size) < SHORTEST or len(picture.getcolors(2**24)) < picture.width * picture.height / 20:
        return False  # a panorama, or a drawing with few colours
    file.parent.mkdir(parents=True, exist_ok=True)
    picture.save(file)
    return True


class Copyrights:
    """The authors and licences of a package.

    Args:
        text: the content of its file `copyright`, in the machine-readable format or any other.
    """

    def __init__(self, text):
        self.licences = sorted(set(re.findall(r"^License: *(\S.*)$", text, re.MULTILINE))) or sorted(
            set(re.findall(r"Creative Commons [\w-]+ [\d.]+|GNU General Public License", text))
        )
        self.paragraphs = []
        for paragraph in re.split(r"\n\s*\n", text):
            fields = dict(re.findall(r"^(Files|Copyright|License): *((?:.|\n\s)*)", paragraph, re.MULTILINE))
            if "Files" in fields:
                self.paragraphs.append(fields)

    def of(self, name):
        """Return the author and the licence of a file, from the last paragraph that matches."""
        for fields in reversed(self.paragraphs):
            if any(fnmatch.fnmatch(name, f"*{pattern}") for pattern in fields["Files"].split() if pattern != "*"):
                return {
                    "author": " ".join(fields.get("Copyright", "").split()),
                    "licence": fields.get("License", "").split("\n")[0].strip(),
                }
        return {}


if __name__ == "__main__":
    main()
