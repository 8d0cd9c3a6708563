"""The paper on which images are laid out in rows and columns."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from keras_cae.callbacks.color_map import color_table

GAP = 4
"""Pixels between two images."""
SMALLEST_TEXT = 14
NUMBER_WIDTH = 2.9
"""Of "100.0", relative to the size of the text."""
KEY_WIDTH = 5
"""Of a key to colours, at least, relative to the size of the text."""
FINENESS = 2
"""Text is drawn this much larger, then shrunk, which allows for lines of half a pixel."""
INK, PAPER, FRAME = "black", "white", "#d0d0d0"


class GridCanvas:
    """A picture that is made row by row: at the left the row's name, then one cell for each column.

    TensorBoard shows every picture in the width of a card, and shrinks it without smoothing. So the text
    grows with the picture, as far as a number of four digits fits into a column, and is a little bold.

    Args:
        columns: number of columns.
        image_width: width of the widest image, in pixels.
        names: the names of all rows that will come.
    """

    def __init__(self, columns: int, image_width: int, names: Sequence[str]) -> None:
        self.column_width = max(image_width, round(NUMBER_WIDTH * SMALLEST_TEXT))
        cells_width = columns * (self.column_width + GAP)
        text_size = max(SMALLEST_TEXT, min(cells_width / 24, self.column_width / NUMBER_WIDTH))
        self.font = _font(FINENESS * text_size)
        self.stroke = max(1, round(text_size / 24))
        self.line_height = round(1.3 * text_size)
        self.margin = round(0.6 * text_size)
        self.names_width = round(max(KEY_WIDTH * text_size, *map(self._text_width, names)))
        self.left = self.names_width + 2 * self.margin
        self.width = self.left + cells_width - GAP + self.margin
        self.strips = [self._new_strip(self.margin)]

    def picture(self) -> np.ndarray:
        """All rows so far, `(height, width, 3)` of uint8."""
        return np.concatenate([np.asarray(strip) for strip in [*self.strips, self.strips[0]]])

    def add_images(self, name: str, images: np.ndarray, scale: float | None = None) -> None:
        """Add a row of images, centred in their columns.

        Args:
            name: name of the row.
            images: `(n, height, width, 3)` of uint8.
            scale: the value of the last colour, if the colours are those of `color_table`: adds the key to
                them.
        """
        height, width = images.shape[1:3]
        lines = 1 if scale is None else 2
        strip = self._new_strip(max(height, lines * self.line_height) + GAP)
        for index, image in enumerate(images):
            # With a frame, so that white images end somewhere.
            corner = (self._center(index) - width // 2 - 1, (strip.height - height) // 2 - 1)
            strip.paste(ImageOps.expand(Image.fromarray(image), border=1, fill=FRAME), corner)
        top = (strip.height - lines * self.line_height) // 2
        self._write_name(strip, name, top)
        if scale is not None:
            self._draw_color_key(strip, scale, top + self.line_height)
        self.strips.append(strip)

    def add_texts(self, name: str, texts: Sequence[str]) -> None:
        """Add a row of texts, centred in their columns."""
        strip = self._new_strip(self.line_height)
        self._write_name(strip, name, top=0)
        for index, text in enumerate(texts):
            self._write(strip, text, self._center(index), self.line_height // 2, anchor="mm")
        self.strips.append(strip)

    def _new_strip(self, height: int) -> Image.Image:
        return Image.new("RGB", (self.width, height), PAPER)

    def _center(self, column: int) -> int:
        return self.left + column * (self.column_width + GAP) + self.column_width // 2

    def _text_width(self, text: str) -> float:
        return self.font.getlength(text) / FINENESS

    def _write(self, strip: Image.Image, text: str, x: int, y: int, anchor: str) -> None:
        """Write a text whose `anchor`, as Pillow names it, lies at `(x, y)`."""
        opacity, left, top = _written(text, self.font, anchor, self.stroke)
        left, top = x + left, y + top
        strip.paste(INK, (left, top, left + opacity.width, top + opacity.height), opacity)

    def _write_name(self, strip: Image.Image, name: str, top: int) -> None:
        self._write(strip, name, self.left - self.margin, top + self.line_height // 2, anchor="rm")

    def _draw_color_key(self, strip: Image.Image, scale: float, top: int) -> None:
        """Draw the colours between the values of the first and the last one."""
        first, last = "0", f"{scale:g}"
        right, middle = self.left - self.margin, top + self.line_height // 2
        space = self.margin // 2
        start = self.margin + round(self._text_width(first)) + space
        end = right - round(self._text_width(last)) - space
        self._write(strip, first, self.margin, middle, anchor="lm")
        self._write(strip, last, right, middle, anchor="rm")
        size = (end - start, self.line_height // 2)
        colors = Image.fromarray(color_table()[None]).resize(size, Image.Resampling.NEAREST)
        strip.paste(colors, (start, middle - colors.height // 2))


@functools.lru_cache(maxsize=32)
def _font(size: float) -> Any:
    return ImageFont.load_default(size=size)


@functools.lru_cache(maxsize=1024)
def _written(text: str, font: Any, anchor: str, stroke: int) -> tuple[Image.Image, int, int]:
    """A text in white on black, and where its top left lies from the anchor. Most return in every epoch."""
    box = font.getbbox(text, anchor=anchor, stroke_width=stroke)
    left, top = (int(side // FINENESS) - 1 for side in box[:2])
    right, bottom = (int(side // FINENESS) + 2 for side in box[2:])
    fine = Image.new("L", (FINENESS * (right - left), FINENESS * (bottom - top)))
    position = (-FINENESS * left, -FINENESS * top)
    ImageDraw.Draw(fine).text(position, text, 255, font, anchor, stroke_width=stroke)
    return fine.reduce(FINENESS), left, top
