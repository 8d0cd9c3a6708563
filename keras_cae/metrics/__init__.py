"""Metrics of images and of codes."""

from keras_cae.metrics.active_units import ActiveUnits
from keras_cae.metrics.aupro import AUPRO
from keras_cae.metrics.codebook_usage import CodebookUsage
from keras_cae.metrics.get import get
from keras_cae.metrics.image_metric import ImageMetric
from keras_cae.metrics.multi_scale_ssim import MultiScaleSSIM
from keras_cae.metrics.perplexity import Perplexity
from keras_cae.metrics.psnr import PSNR
from keras_cae.metrics.ssim import SSIM

__all__ = [
    "AUPRO",
    "PSNR",
    "SSIM",
    "ActiveUnits",
    "CodebookUsage",
    "ImageMetric",
    "MultiScaleSSIM",
    "Perplexity",
    "get",
]
