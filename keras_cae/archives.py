"""Protection against damaged or malicious NumPy files.

The datasets, the samplers and the command-line program use it.
"""

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
    RuntimeError,  # Encrypted files, and unknown compression methods (NotImplementedError).
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
"""The errors of `numpy.load` and `zipfile` for invalid files. `OSError`, an error of the system, is not included."""


def check_plain_archive(path: object) -> None:
    """Raise a `ValueError` if an archive is compressed, because it may then expand to any size.

    Archives that `numpy.savez` writes are uncompressed.

    Args:
        path: the file.
    """
    with zipfile.ZipFile(str(path)) as archive:
        members = archive.infolist()
    if any(member.compress_type != zipfile.ZIP_STORED or member.file_size > member.compress_size for member in members):
        raise ValueError("its members are compressed")
    if len({member.filename for member in members}) < len(members):
        raise ValueError("it has several members with the same name")
