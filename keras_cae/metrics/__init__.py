"""Metrics of image quality."""

from keras_cae.metrics.psnr import PSNR
from keras_cae.metrics.ssim import SSIM

__all__ = ["PSNR", "SSIM"]
