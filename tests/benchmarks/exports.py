"""Tests which models can be exported to which format, for the table in docs/exporting.md.

    pip install -e ".[test,onnx,openvino,litert]"
    python tests/benchmarks/exports.py [--formats onnx litert] [--kinds BasicCAE] [--write]

Exports every part of a tiny model of every kind, for signals, images and volumes, of a fixed and of any size, to every
format. Loads each file in its runtime, and compares it with the model on random batches of 1 and 5 and, for models of
any size, at an even and an odd size. Prints a table in Markdown: the largest difference, or the operation that a format
does not support. With `--write`, the table replaces the one in the documentation.
"""

import argparse
import contextlib
import io
import re
import sys
import tempfile
from pathlib import Path

from tables import print_table

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "exporting"))
from exported_models import ANY_SIZE, KINDS, PARTS, SCORES, SUFFIXES, make, make_detector  # noqa: E402

PAGE = ROOT / "docs" / "exporting.md"
BEGIN, END = "<!-- begin of the table -->\n", "<!-- end of the table -->\n"
TITLES = {"tf_saved_model": "SavedModel", "onnx": "ONNX", "openvino": "OpenVINO", "litert": "LiteRT"}
AXES = {1: "signals", 2: "images", 3: "volumes"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--formats", nargs="+", choices=SUFFIXES, default=list(SUFFIXES))
    parser.add_argument("--kinds", nargs="+", choices=[*KINDS, *SCORES], default=[*KINDS, *SCORES])
    parser.add_argument("--ranks", nargs="+", type=int, choices=AXES, default=[2, 1, 3])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    printed = io.StringIO()
    with contextlib.redirect_stdout(Both(printed) if options.write else sys.stdout):
        print_table(("model", "of", *(TITLES[name] for name in options.formats)), rows(options), labels=2)
    if options.write:
        before, rest = PAGE.read_text().split(BEGIN)
        after = rest.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n{printed.getvalue().strip()}\n\n{END}{after}")


class Both(io.TextIOBase):
    """A stream that writes to standard output and to another stream."""

    def __init__(self, other):
        self.streams = sys.stdout, other

    def write(self, text):
        for stream in self.streams:
            stream.write(text)

    def flush(self):
        sys.stdout.flush()


def rows(options):
    """Yield a row for each model and detector, with cells for the autoencoder, its encoder and its decoder."""
    for kind in options.kinds:
        for rank in options.ranks:
            for any_size in (False, True):
                yield from rows_of(kind, rank, any_size, options.formats)


def rows_of(kind, rank, any_size, formats):
    noun = f"{AXES[rank]} of {ANY_SIZE}" if any_size else AXES[rank]
    try:
        model = make_detector(kind, rank, any_size) if kind in SCORES else make(kind, rank, any_size)
    except ValueError:
        return  # there is no such model
    if kind in SCORES:
        if any_size and None not in model.images_shape[1:-1]:
            return  # the score compares positions, so it supports only a fixed size
        yield f'detector, "{kind}"', noun, *(outcome(model, name) for name in formats)
        return
    yield kind, noun, *(", ".join(outcome(model, name, part=part) for part in PARTS) for name in formats)


def outcome(model, file_format, **arguments):
    """Return the largest difference, or the reason why the export fails."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/exported{SUFFIXES[file_format]}"
        try:
            report = model.export(path, format=file_format, verbose=False, **arguments)
        except ValueError as error:
            return reason(str(error))
    return "0" if report.largest_difference == 0 else f"{report.largest_difference:.0e}"


def reason(message):
    """Return the operation in an error message, or the message."""
    operation = re.search(r"does not support ([^.]+)\.", message)
    if operation:
        return f"no {operation.group(1)}"
    return "–" if "can't be exported as a separate part" in message else message.replace("|", "/")


if __name__ == "__main__":
    main()
