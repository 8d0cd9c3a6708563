"""The colormap of error maps, perceptually uniform from black through violet and red to pale yellow."""

import functools

import numpy as np

# From OKLab to the cube roots of cone responses, and from cone responses to linear sRGB (Ottosson 2020,
# "A perceptual color space for image processing").
LAB_TO_CONES = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
CONES_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def apply_colormap(values: np.ndarray) -> np.ndarray:
    """Map values to colours: uint8, with one more axis of size 3.

    Values are clipped to [0, 1]; NaN gets the colour of 1.
    """
    values = np.nan_to_num(values, nan=1.0, posinf=1.0, neginf=0.0)
    return colormap()[np.rint(np.clip(values, 0, 1) * 255).astype("uint8")]


@functools.cache
def colormap() -> np.ndarray:
    """Return 256 sRGB colours, `(256, 3)` uint8. Their lightness rises evenly, so that they work in grey, too."""
    position = np.linspace(0, 1, 256)
    lightness = 0.15 + 0.82 * position
    hue = np.radians(275 + 185 * position)
    # The chroma is 0 at the start, which is black, and within the sRGB gamut everywhere.
    chroma = 0.18 * np.sin(0.9 * np.pi * position**0.75)
    lab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=-1)
    linear = np.clip((lab @ LAB_TO_CONES.T) ** 3 @ CONES_TO_RGB.T, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(encoded * 255).astype("uint8")
