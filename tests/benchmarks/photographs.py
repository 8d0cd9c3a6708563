"""Fetches photographs of free licences, out of packages of Debian, to train denoisers on.

    python tests/benchmarks/photographs.py FOLDER

Needs a Debian with apt-get and dpkg-deb; no package is installed. Writes a folder for each package, with its
photographs as PNG files of at most 640 pixels at the longer side, smaller than they were by a third at least, so
that little is left of the blocks of their JPEG files, and
sources.json: of every package its version and licences, and of every photograph its file in the package and, where
the package says so, author and licence.
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
"""The longer side of what is kept, at most, and the shorter side, at least."""
REDUCTION = 1.5
NOT_TAKEN = ("abstract", "babyshapes", "details", "/desktop/", "lang.rcc", "paintings", "screenshot", "solar_system")
"""Words in the paths of pictures that are no photographs."""


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
    """Unpack a package into a folder; return its version."""
    subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    archive = next(folder.glob("*.deb"))
    subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
    return archive.name.split("_")[1].replace("%3a", ":")


def pictures(folder):
    """The names and the contents of the pictures in a package, also of those in resource files of Qt."""
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
                length = int.from_bytes(content[start - 4 : start], "big")  # What stands before each file.
                if start + length <= len(content):
                    yield f"{name}#{start}", content[start : start + length]


def keep(content, file):
    """Write a picture in a smaller size, if it is a photograph; return whether."""
    try:
        picture = Image.open(io.BytesIO(content))
        if min(picture.size) < SHORTEST or picture.has_transparency_data:  # Drawings are cut out.
            return False
        picture = picture.convert("RGB")
    except (UnidentifiedImageError, OSError):
        return False
    longest = min(LONGEST, round(max(picture.size) / REDUCTION))
    picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    if min(picture.size) < SHORTEST or len(picture.getcolors(2**24)) < picture.width * picture.height / 20:
        return False  # A panorama, or a drawing with few colours.
    file.parent.mkdir(parents=True, exist_ok=True)
    picture.save(file)
    return True


class Copyrights:
    """What a package says of its authors and licences.

    Args:
        text: of its file `copyright`, in the form that machines read, or in another.
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
        """The author and the licence of a file: those of the last paragraph that it matches."""
        for fields in reversed(self.paragraphs):
            if any(fnmatch.fnmatch(name, f"*{pattern}") for pattern in fields["Files"].split() if pattern != "*"):
                return {
                    "author": " ".join(fields.get("Copyright", "").split()),
                    "licence": fields.get("License", "").split("\n")[0].strip(),
                }
        return {}


if __name__ == "__main__":
    main()
