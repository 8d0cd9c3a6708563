"""Writing of text on pictures."""

import functools
from typing import Any

from PIL import Image, ImageDraw, ImageFont

OVERSAMPLING = 2
"""The factor by which text is drawn larger and then shrunk, which allows for strokes of half a pixel."""


def write_text(
    picture: Image.Image,
    text: str,
    place: tuple[int, int],
    anchor: str,
    size: float,
    *,
    color: str = "black",
    stroke: int = 0,
) -> None:
    """Write a text.

    Args:
        picture: the picture to write on.
        text: the text.
        place: `(x, y)` of the anchor.
        anchor: the anchor, as Pillow defines it.
        size: size of the text, in pixels.
        color: colour of the text.
        stroke: the width by which strokes are widened, in half pixels.
    """
    opacity, left, top = _written(text, size, anchor, stroke)
    left, top = place[0] + left, place[1] + top
    picture.paste(color, (left, top, left + opacity.width, top + opacity.height), opacity)


def text_width(text: str, size: float) -> int:
    """Return the width of a text in pixels."""
    return round(_font(OVERSAMPLING * size).getlength(text) / OVERSAMPLING)


@functools.lru_cache(maxsize=32)
def _font(size: float) -> Any:
    return ImageFont.load_default(size=size)


@functools.lru_cache(maxsize=1024)  # most texts are the same in every epoch
def _written(text: str, size: float, anchor: str, stroke: int) -> tuple[Image.Image, int, int]:
    """Return a text in white on black, and the offset of its top left corner from the anchor."""
    font = _font(OVERSAMPLING * size)
    box = font.getbbox(text, anchor=anchor, stroke_width=stroke)
    left, top = (int(side // OVERSAMPLING) - 1 for side in box[:2])
    right, bottom = (int(side // OVERSAMPLING) + 2 for side in box[2:])
    fine = Image.new("L", (OVERSAMPLING * (right - left), OVERSAMPLING * (bottom - top)))
    position = (-OVERSAMPLING * left, -OVERSAMPLING * top)
    ImageDraw.Draw(fine).text(position, text, 255, font, anchor, stroke_width=stroke)
    return fine.reduce(OVERSAMPLING), left, top
