"""Protection against damaged or malicious NumPy files."""

import lzma
import struct
import zipfile
import zlib

DAMAGED = (
    ValueError,
    EOFError,
    KeyError,
    TypeError,
    MemoryError,
    OverflowError,
    RuntimeError,  # Encrypted; NotImplementedError, an unknown compression, is one too.
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
"""Errors of `numpy.load` and `zipfile` for files that they can't read; `OSError`, the system's, is not among them."""


def check_plain_archive(path: object) -> None:
    """Raise a `ValueError` unless an archive is uncompressed, as that of `numpy.savez`: others may expand to any size.

    Args:
        path: the file.
    """
    with zipfile.ZipFile(str(path)) as archive:
        members = archive.infolist()
    if any(member.compress_type != zipfile.ZIP_STORED or member.file_size > member.compress_size for member in members):
        raise ValueError("its members are compressed")
    if len({member.filename for member in members}) < len(members):
        raise ValueError("it has several members of one name")
