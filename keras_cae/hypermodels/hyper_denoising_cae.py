"""The hypermodel of `DenoisingCAE`."""

from keras_cae.hypermodels.hyper_pyramid import PYRAMID_SPACE, HyperPyramid
from keras_cae.hypermodels.search_space import Choices, Fixed, Range
from keras_cae.hypermodels.shared_space import WITHOUT_LATENT_DIM
from keras_cae.models import DenoisingCAE


class HyperDenoisingCAE(HyperPyramid):
    """Searches for the best `keras_cae.models.DenoisingCAE`.

    Trials are compared by how well they remove noise: Gaussian noise with a standard deviation of 25/255 or, with
    `corruption="none"`, the noise of the images compared with the targets that are passed to `search`. The arguments
    and hyperparameters are those of `HyperPyramid` without `latent_dim`, except:

    - `corruption`: gaussian_noise.
    - `corruption_strength`: 25/255.
    - `loss`: mse.
    - `depth`: 2 to 3, 3 first.
    - `width`: 32, 16 or 64.
    - `convs_per_level`: 1 to 3, 2 first.
    - `kernel_size`: 3.
    - `output_activation`: linear.

    Example:

    >>> hypermodel = keras_cae.hypermodels.HyperDenoisingCAE((48, 48, 1), corruption_strength=0.1)
    >>> hypermodel.build(keras_tuner.HyperParameters()).corruption.stddev
    0.1
    """

    model_class = DenoisingCAE
    measures_denoising = True
    shared_space = WITHOUT_LATENT_DIM | {
        "corruption": ("corruption/kind", Fixed("gaussian_noise")),
        "corruption_strength": ("corruption/strength", Fixed(25 / 255, log=True)),
        "loss": ("training/loss", Fixed("mse")),
    }
    own_space = PYRAMID_SPACE | {
        "depth": Range(2, 3, default=3),
        "width": Choices((32, 16, 64), log=True),
        "convs_per_level": Range(1, 3, default=2),
        "kernel_size": Fixed(3),
        "output_activation": Fixed("linear"),
    }
