"""Reading of image files: their headers and their pixels."""

import contextlib
import importlib.util
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from keras_cae.datasets.sizing import Size, Sizing
from keras_cae.extras import install_hint

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's names for 8-bit images by their number of channels."""

DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
"""Pillow's names for images with one channel and more than 8 bits."""

GREY_MODES = ("1", "L", "LA", "La", *DEEP_MODES)
SIDEWAYS = (5, 6, 7, 8)
"""The values of the EXIF orientation that swap width and height."""
IMAGE_WIDTH, IMAGE_LENGTH, PHOTOMETRIC, SAMPLES_PER_PIXEL = 256, 257, 262, 277
"""Tags of TIFF files."""
MIN_IS_WHITE = 0
PNG_START, CHECKSUM = b"\x89PNG\r\n\x1a\n", 4
"""The first bytes of a PNG file, and the length of the checksum at the end of each chunk."""
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


class ImageHeader(NamedTuple):
    """The properties of an image that are known before its pixels are decoded.

    `size` is `(height, width)` of the upright image. `grey` says that it has no colours, `alpha` that it may be
    transparent, `deep` that it has more than 8 bits, and `dropped` how many further channels it has.
    """

    size: Size
    grey: bool
    alpha: bool
    deep: bool
    dropped: int = 0


class StoredPicture(Protocol):
    """An image that is not in a file of its own: a page of a file, or a record of a shard."""

    def open(self) -> contextlib.AbstractContextManager[Image.Image]:
        """Open it with Pillow."""

    def header(self) -> ImageHeader:
        """Return its header without decoding it."""


Picture = Path | StoredPicture


class Layout(NamedTuple):
    """The size, the number of channels and the dtype to which all images in a folder are decoded."""

    size: Size
    channels: int
    dtype: type[np.unsignedinteger]


def read_header(picture: Picture) -> ImageHeader:
    """Read the header of an image without decoding it.

    Args:
        picture: the file, or a part of one.
    """
    if not isinstance(picture, Path):
        return picture.header()
    with open_image(picture) as image:
        return header_of(image)


def header_of(image: Image.Image) -> ImageHeader:
    """Return the header of an image that was opened but not decoded."""
    tags = image.tag_v2 if isinstance(image, TiffImageFile) else {}
    # For TIFF files, some versions of Pillow return the size of the upright image, others the stored size.
    width, height = (tags[IMAGE_WIDTH], tags[IMAGE_LENGTH]) if tags else image.size
    sideways = _exif(image).get(ExifTags.Base.Orientation) in SIDEWAYS
    return ImageHeader(
        size=(width, height) if sideways else (height, width),
        grey=_is_grey(image),
        alpha=image.has_transparency_data,
        deep=image.mode in DEEP_MODES,
        dropped=max(0, tags.get(SAMPLES_PER_PIXEL, 0) - len(image.getbands())),
    )


def _exif(image: Image.Image) -> Image.Exif:
    """Return the EXIF data of an image.

    Pillow decodes the pixels of a PNG file to find chunks after them. This is avoided if there are none.
    """
    if isinstance(image, PngImageFile) and "exif" not in image.info and _ends_with_pixels(image):
        return Image.Image.getexif(image)
    return image.getexif()


def _ends_with_pixels(image: PngImageFile) -> bool:
    """Return whether no other chunks come after the pixels in a PNG file."""
    assert image.fp is not None
    before = image.fp.tell()
    try:
        image.fp.seek(len(PNG_START))
        pixels = False
        while len(chunk := image.fp.read(8)) == 8:
            kind = chunk[4:]
            if kind == b"IEND":
                return True
            if pixels and kind != b"IDAT":
                return False
            pixels = kind == b"IDAT"
            image.fp.seek(int.from_bytes(chunk[:4], "big") + CHECKSUM, 1)
        return False
    finally:
        image.fp.seek(before)


def read_pixels(
    picture: Picture,
    layout: Layout,
    sizing: Sizing,
    convert: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """Decode an image into an array `(height, width, channels)`.

    Args:
        picture: the file, or a part of one.
        layout: the size, the channels and the dtype of the array.
        sizing: how the image is resized.
        convert: function to apply to the pixels before they are resized, if any.
    """
    with open_image(picture) as opened:
        # JPEG decoders can halve the size of a large image several times at almost no cost.
        opened.draft(None, (2 * max(layout.size), 2 * max(layout.size)))
        # Pillow does not invert deep images in files where 0 is white.
        from_white = isinstance(opened, TiffImageFile) and opened.tag_v2.get(PHOTOMETRIC) == MIN_IS_WHITE
        ImageOps.exif_transpose(opened, in_place=True)
        opened.load()
        image: Image.Image = opened
        deep = _sixteen_bits(image) if image.mode in DEEP_MODES else None
    if deep is not None and from_white:
        deep = 65535 - deep
    if layout.dtype is np.uint16 and deep is not None:
        pixels = np.rint(deep).astype(np.uint16)[..., None]
    else:
        shallow = image if deep is None else Image.fromarray(np.rint(deep / 257).astype(np.uint8))
        mode = MODES[layout.channels]
        shallow = shallow if shallow.mode == mode else shallow.convert(mode)
        if convert is None:
            return sizing.apply_to_picture(shallow, layout.size)
        pixels = np.asarray(shallow)
    convert = convert or _unchanged
    return sizing.apply(convert(pixels.reshape(*pixels.shape[:2], layout.channels)), layout.size)


def _unchanged(pixels: np.ndarray) -> np.ndarray:
    return pixels


@contextlib.contextmanager
def open_image(picture: Picture) -> Iterator[Image.Image]:
    """Open a file with Pillow, or with tifffile if it is a TIFF file that Pillow does not support."""
    if not isinstance(picture, Path):
        with picture.open() as stored:
            yield stored
        return
    path = picture
    # Reading from a pipe could block forever.
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("not a regular file")
    # Pass an open file: from a path, Pillow 13 swaps rows and columns of uncompressed TIFF files that are rotated.
    with path.open("rb") as file:
        try:
            image: Image.Image = Image.open(file)
        except UnidentifiedImageError:
            file.seek(0)
            if file.read(4) not in TIFF_STARTS:
                raise
            image = _with_tifffile(path)
        yield image


def _with_tifffile(path: Path) -> Image.Image:
    if importlib.util.find_spec("tifffile") is None:
        raise ValueError(f"a kind of TIFF that Pillow can't read and that needs tifffile. {install_hint('tiff')}")
    import tifffile

    return image_of(tifffile.imread(path, key=0))


def image_of(pixels: np.ndarray) -> Image.Image:
    """Convert an array of any dtype to a Pillow image. Grey keeps 16 bits and floats; colours get 8 bits."""
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim == 2 and pixels.dtype == np.uint8:
        return Image.fromarray(pixels)
    if pixels.ndim == 2:
        return Image.fromarray(pixels.astype("float32" if pixels.dtype.kind == "f" else "int32"))
    if pixels.ndim != 3 or pixels.shape[-1] not in (3, 4):
        raise ValueError(
            f"an image of shape {pixels.shape}, which is neither grey nor colour; store such images as an array in an "
            ".npy file"
        )
    if pixels.dtype.kind == "f":
        if not (pixels.min() >= 0 and pixels.max() <= 1):
            raise ValueError(f"pixels are floats from {pixels.min():g} to {pixels.max():g}, not from 0 to 1")
        pixels = pixels * 255
    elif pixels.dtype != np.uint8:
        pixels = pixels / (np.iinfo(pixels.dtype).max / 255)
    return Image.fromarray(np.rint(pixels).astype(np.uint8))


def failure_reason(error: Exception) -> str:
    """Return a short reason why a file could not be read.

    Args:
        error: the exception that reading it raised.
    """
    if isinstance(error, UnidentifiedImageError):
        return "not an image, or damaged at its start"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _is_grey(image: Image.Image) -> bool:
    if image.mode not in ("P", "PA"):
        return image.mode in GREY_MODES
    colors = np.array(image.getpalette("RGB") or []).reshape(-1, 3)
    return bool((colors == colors[:, :1]).all())


def _sixteen_bits(image: Image.Image) -> np.ndarray:
    """Return pixels from 0 to 65535 as float32, which represents all of them exactly."""
    pixels = np.asarray(image).astype(np.float32)
    low, high = pixels.min(), pixels.max()
    if image.mode == "F":
        pixels *= 65535
    if not (low >= 0 and high <= (1 if image.mode == "F" else 65535)):
        kind, largest = ("floats", 1) if image.mode == "F" else ("whole numbers", 65535)
        raise ValueError(f"pixels are {kind} from {low:g} to {high:g}, not from 0 to {largest}")
    return pixels
