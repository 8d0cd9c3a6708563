"""Building blocks: convolution blocks for encoders and decoders, bottlenecks between them."""

from keras_cae.layers.conv_block import ConvBlock
from keras_cae.layers.fused_batch_normalization import FusedBatchNormalization
from keras_cae.layers.gaussian_bottleneck import GaussianBottleneck
from keras_cae.layers.random_patch_mask import RandomPatchMask
from keras_cae.layers.residual_block import ResidualBlock
from keras_cae.layers.transposed_conv_block import TransposedConvBlock

__all__ = [
    "ConvBlock",
    "FusedBatchNormalization",
    "GaussianBottleneck",
    "RandomPatchMask",
    "ResidualBlock",
    "TransposedConvBlock",
]
