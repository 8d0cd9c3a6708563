"""Pictures of the results of models."""

import keras
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONT_SIZE = 14
GAP = 4


def save_rows(path, rows, zoom=2):
    """Write a picture with a row of images for each label.

    Args:
        path: the file to write.
        rows: images `(n, height, width, channels)` by label, as uint8 or floats from 0 to 1.
        zoom: factor by which the images are enlarged.
    """
    font = ImageFont.load_default(FONT_SIZE)
    margin = round(max(font.getlength(label) for label in rows)) + 2 * GAP
    lines = [_side_by_side(images, zoom) for images in rows.values()]
    size = (margin + max(line.width for line in lines), sum(line.height + GAP for line in lines) - GAP)
    sheet = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(sheet)
    top = 0
    for label, line in zip(rows, lines, strict=True):
        sheet.paste(line, (margin, top))
        pen.text((margin - GAP, top + line.height / 2), label, "black", font, anchor="rm")
        top += line.height + GAP
    sheet.save(path)


def _side_by_side(images, zoom):
    if images.dtype != np.uint8:
        images = np.uint8(np.round(255 * np.clip(images, 0, 1)))
    line = keras.utils.array_to_img(np.concatenate(list(images), axis=1), scale=False)
    return line.convert("RGB").resize((line.width * zoom, line.height * zoom), Image.Resampling.NEAREST)
