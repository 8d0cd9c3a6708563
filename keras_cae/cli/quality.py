"""How close reconstructions are to images."""

from typing import NamedTuple


class Quality(NamedTuple):
    """Mean squared error of pixels from 0 to 1, PSNR in decibels, SSIM: means over images."""

    mse: float
    psnr: float
    ssim: float
