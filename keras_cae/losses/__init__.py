"""Losses between images and their reconstructions, for `compile`."""

from keras_cae.losses.charbonnier import Charbonnier
from keras_cae.losses.get import get
from keras_cae.losses.image_loss import ImageLoss
from keras_cae.losses.multi_scale_ssim import MultiScaleSSIM
from keras_cae.losses.ssim import SSIM
from keras_cae.losses.total_variation import TotalVariation
from keras_cae.losses.weighted import Weighted

__all__ = ["SSIM", "Charbonnier", "ImageLoss", "MultiScaleSSIM", "TotalVariation", "Weighted", "get"]
