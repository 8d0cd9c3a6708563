"""A canvas that arranges images in rows and columns."""

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageOps

from keras_cae.drawing.colormap import colormap
from keras_cae.drawing.text import text_width, write_text

GAP = 4
"""The number of pixels between two images."""
SMALLEST_TEXT = 14
NUMBER_WIDTH = 2.9
"""The width of "100.0", relative to the text size."""
COLOR_BAR_WIDTH = 5
"""The smallest width of a colour bar, relative to the text size."""
INK, PAPER, FRAME = "black", "white", "#d0d0d0"


def framed(image: np.ndarray) -> np.ndarray:
    """Add a frame of one pixel to an image, `(height, width, 3)` uint8, so that white images have visible edges."""
    return np.asarray(ImageOps.expand(Image.fromarray(image), border=1, fill=FRAME))


class GridCanvas:
    """A picture that is built row by row, with the name of the row at the left and one cell per column.

    TensorBoard scales each picture to the width of a card without smoothing. Therefore, the text is slightly bold, and
    its size grows with the picture as long as a number of four digits fits into a column.

    Args:
        columns: number of columns.
        image_width: width of the widest image, in pixels.
        names: the names of all rows that will be added. Empty if no row has a name.
        text_size: size of all texts, in pixels, if it should match texts in the images.
    """

    def __init__(self, columns: int, image_width: int, names: Sequence[str], text_size: float | None = None) -> None:
        self.column_width = max(image_width, round(NUMBER_WIDTH * SMALLEST_TEXT))
        cells_width = columns * (self.column_width + GAP)
        text_size = text_size or max(SMALLEST_TEXT, min(cells_width / 24, self.column_width / NUMBER_WIDTH))
        self.text_size = text_size
        self.stroke = max(1, round(text_size / 24))
        self.line_height = round(1.3 * text_size)
        self.margin = round(0.6 * text_size)
        # Without names, there is no space at the left.
        widest = max(COLOR_BAR_WIDTH * text_size, *map(self._text_width, names)) if names else -self.margin
        self.names_width = round(widest)
        self.left = self.names_width + 2 * self.margin
        self.width = self.left + cells_width - GAP + self.margin
        self.strips = [self._new_strip(self.margin)]

    def picture(self) -> np.ndarray:
        """Return the rows added so far, `(height, width, 3)` uint8."""
        return np.concatenate([np.asarray(strip) for strip in [*self.strips, self.strips[0]]])

    def add_images(self, names: Mapping[str, str], images: np.ndarray, scale: float | None = None) -> None:
        """Add a row of images, centred in their columns.

        Args:
            names: one or several names of the row, with the colour of each.
            images: `(n, height, width, 3)` uint8.
            scale: the value of the last colour of `colormap`, for images in these colours. Adds a colour bar.
        """
        height, width = images.shape[1:3]
        lines = len(names) + (scale is not None)
        strip = self._new_strip(max(height, lines * self.line_height) + GAP)
        for index, image in enumerate(images):
            corner = (self._center(index) - width // 2 - 1, (strip.height - height) // 2 - 1)
            strip.paste(Image.fromarray(framed(image)), corner)
        top = (strip.height - lines * self.line_height) // 2
        for line, (name, color) in enumerate(names.items()):
            self._write_name(strip, name, top + line * self.line_height, color)
        if scale is not None:
            self._draw_color_bar(strip, scale, top + (lines - 1) * self.line_height)
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
        return text_width(text, self.text_size)

    def _write(self, strip: Image.Image, text: str, x: int, y: int, anchor: str, color: str = INK) -> None:
        """Write a text at `(x, y)`, with an anchor of Pillow."""
        write_text(strip, text, (x, y), anchor, self.text_size, color=color, stroke=self.stroke)

    def _write_name(self, strip: Image.Image, name: str, top: int, color: str = INK) -> None:
        self._write(strip, name, self.left - self.margin, top + self.line_height // 2, "rm", color)

    def _draw_color_bar(self, strip: Image.Image, scale: float, top: int) -> None:
        """Draw a colour bar between the values of its ends."""
        first, last = "0", f"{scale:g}"
        right, middle = self.left - self.margin, top + self.line_height // 2
        space = self.margin // 2
        start = self.margin + round(self._text_width(first)) + space
        end = right - round(self._text_width(last)) - space
        self._write(strip, first, self.margin, middle, anchor="lm")
        self._write(strip, last, right, middle, anchor="rm")
        size = (end - start, self.line_height // 2)
        colors = Image.fromarray(colormap()[None]).resize(size, Image.Resampling.NEAREST)
        strip.paste(colors, (start, middle - colors.height // 2))
