"""Building blocks: convolution blocks for encoders and decoders, bottlenecks between them."""

from keras_cae.layers.adversarial_bottleneck import AdversarialBottleneck
from keras_cae.layers.blind_spots import BlindSpots
from keras_cae.layers.blur import Blur
from keras_cae.layers.bottleneck import Bottleneck
from keras_cae.layers.contractive_bottleneck import ContractiveBottleneck
from keras_cae.layers.conv_block import ConvBlock
from keras_cae.layers.corruption import Corruption
from keras_cae.layers.downsample import Downsample
from keras_cae.layers.finite_scalar_quantizer import FiniteScalarQuantizer
from keras_cae.layers.fused_batch_normalization import FusedBatchNormalization
from keras_cae.layers.gaussian_bottleneck import GaussianBottleneck
from keras_cae.layers.jpeg_artifacts import JPEGArtifacts
from keras_cae.layers.mmd_bottleneck import MMDBottleneck
from keras_cae.layers.penalty import Penalty
from keras_cae.layers.poisson_noise import PoissonNoise
from keras_cae.layers.random_gaussian_noise import RandomGaussianNoise
from keras_cae.layers.random_occlusion import RandomOcclusion
from keras_cae.layers.random_patch_mask import RandomPatchMask
from keras_cae.layers.residual_block import ResidualBlock
from keras_cae.layers.salt_and_pepper import SaltAndPepper
from keras_cae.layers.sparse_bottleneck import SparseBottleneck
from keras_cae.layers.stain_noise import StainNoise
from keras_cae.layers.transposed_conv_block import TransposedConvBlock
from keras_cae.layers.vector_quantizer import VectorQuantizer

__all__ = [
    "AdversarialBottleneck",
    "BlindSpots",
    "Blur",
    "Bottleneck",
    "ContractiveBottleneck",
    "ConvBlock",
    "Corruption",
    "Downsample",
    "FiniteScalarQuantizer",
    "FusedBatchNormalization",
    "GaussianBottleneck",
    "JPEGArtifacts",
    "MMDBottleneck",
    "Penalty",
    "PoissonNoise",
    "RandomGaussianNoise",
    "RandomOcclusion",
    "RandomPatchMask",
    "ResidualBlock",
    "SaltAndPepper",
    "SparseBottleneck",
    "StainNoise",
    "TransposedConvBlock",
    "VectorQuantizer",
]
