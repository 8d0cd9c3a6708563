"""Drawing of defects onto images: scratches, spots, missing and swapped parts.

They are unrelated to the corruptions of the library, with which models may have been trained.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

LEAST_CHANGE = 15
"""The minimum mean change of the pixels of a defect, in levels of 255."""


def with_defect(image, generator):
    """Return an image with one defect, and the mask of the defect.

    Args:
        image: uint8, `(height, width, channels)`.
        generator: generator of the random numbers that determine the kind, the position and the size.
    """
    while True:
        drawn, mask = KINDS[generator.integers(len(KINDS))](image.astype("float64"), generator)
        drawn = np.clip(np.round(drawn), 0, 255).astype("uint8")
        if mask.any() and np.abs(drawn.astype(int) - image)[mask].mean() >= LEAST_CHANGE:
            return drawn, mask


def scratch(image, generator):
    """Draw a thin bent line that darkens or lightens the image."""
    height, width = image.shape[:2]
    x, y = (generator.uniform(0.15, 0.85) * side for side in (width, height))
    angle = generator.uniform(0, 2 * np.pi)
    points = [(x, y)]
    for _ in range(generator.integers(4, 9)):
        angle += generator.normal(0, 0.35)
        x, y = x + 4 * np.cos(angle), y + 4 * np.sin(angle)
        points.append((x, y))
    line = Image.new("L", (4 * width, 4 * height))
    ImageDraw.Draw(line).line([(4 * x, 4 * y) for x, y in points], 255, int(generator.integers(4, 9)), "curve")
    opacity = np.asarray(line.resize((width, height), Image.Resampling.BOX)) / 255
    change = generator.choice([-1, 1]) * generator.uniform(60, 110)
    return image + opacity[..., None] * change, opacity > 0.3


def spot(image, generator):
    """Draw a soft blot in another colour."""
    height, width = image.shape[:2]
    radius = generator.uniform(2.5, 6)
    x, y = (generator.uniform(radius, side - radius) for side in (width, height))
    blot = Image.new("L", (width, height))
    ImageDraw.Draw(blot).ellipse((x - radius, y - 0.7 * radius, x + radius, y + 0.7 * radius), 255)
    opacity = np.asarray(blot.filter(ImageFilter.GaussianBlur(1.0))) / 255
    colour = np.clip(image.mean(axis=(0, 1)) + generator.choice([-1, 1]) * generator.uniform(60, 120), 0, 255)
    return image + 0.85 * opacity[..., None] * (colour - image), opacity > 0.3


def missing(image, generator):
    """Replace a part by a smooth continuation of its surroundings."""
    place = _place(image, generator.integers(9, 20, 2), generator)
    gone, mask = image.copy(), np.zeros(image.shape[:2], bool)
    part = gone[place]
    part[:] = np.concatenate([part[0], part[-1]]).mean(axis=0) + generator.normal(0, 3, part.shape)
    mask[place] = True
    return gone, mask


def swapped(image, generator):
    """Replace a part by another one, rotated."""
    sides = [int(generator.integers(9, 20))] * 2
    here, there = (_place(image, sides, generator) for _ in range(2))
    changed, mask = image.copy(), np.zeros(image.shape[:2], bool)
    changed[here] = np.rot90(image[there], generator.integers(1, 4))
    mask[here] = True
    return changed, mask


def _place(image, sides, generator):
    """Return a random rectangle inside an image."""
    starts = [int(generator.integers(0, length - side)) for length, side in zip(image.shape, sides, strict=False)]
    return tuple(slice(start, start + int(side)) for start, side in zip(starts, sides, strict=True))


KINDS = (scratch, spot, missing, swapped)
