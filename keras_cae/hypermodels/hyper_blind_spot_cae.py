"""The hypermodel of `BlindSpotCAE`."""

from keras_cae.hypermodels.hyper_pyramid import PYRAMID_SPACE, HyperPyramid
from keras_cae.hypermodels.search_space import Choices, Fixed, Range
from keras_cae.hypermodels.shared_space import WITHOUT_LATENT_DIM
from keras_cae.models import BlindSpotCAE


class HyperBlindSpotCAE(HyperPyramid):
    """Searches for the best `keras_cae.models.BlindSpotCAE`.

    Trials are compared by how well they predict hidden pixels of noisy images, which requires no clean images, or, with
    `validation_data=(noisy, clean)`, by how well they remove the noise. The arguments and hyperparameters are those of
    `HyperPyramid` without `latent_dim`, except:

    - `corruption`: none, because the images are already noisy.
    - `loss`: mse.
    - `depth`: 2 to 3, 3 first.
    - `width`: 32, 16 or 64.
    - `convs_per_level`: 1 to 3, 2 first.
    - `kernel_size`: 3.
    - `output_activation`: linear.
    - `ratio`: 1/9. It is not searched, because results with different ratios of hidden pixels are not comparable.
    - `replacement`: median.

    Example:

    >>> hypermodel = keras_cae.hypermodels.HyperBlindSpotCAE((48, 48, 1), replacement="uniform")
    >>> hypermodel.build(keras_tuner.HyperParameters()).replacement
    'uniform'
    """

    model_class = BlindSpotCAE
    measures_denoising = True
    shared_space = WITHOUT_LATENT_DIM | {
        "corruption": ("corruption/kind", Fixed("none")),
        "loss": ("training/loss", Fixed("mse")),
    }
    own_space = PYRAMID_SPACE | {
        "depth": Range(2, 3, default=3),
        "width": Choices((32, 16, 64), log=True),
        "convs_per_level": Range(1, 3, default=2),
        "kernel_size": Fixed(3),
        "output_activation": Fixed("linear"),
        "ratio": Fixed(1 / 9),
        "replacement": Fixed("median"),
    }
