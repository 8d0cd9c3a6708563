"""The Wasserstein autoencoder."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_cae.layers.mmd_bottleneck import MMDBottleneck
from keras_cae.models.basic_cae import BasicCAE
from keras_cae.models.bottleneck_weight import BottleneckWeight
from keras_cae.models.gaussian_prior import GaussianPrior
from keras_cae.validation import one_of, positive_int


@keras.saving.register_keras_serializable(package="keras_cae")
class WassersteinCAE(BasicCAE, GaussianPrior):
    """Wasserstein autoencoder: the codes of all images together follow the standard normal distribution.

    The networks of `BasicCAE` around an `MMDBottleneck` (Tolstikhin et al. 2018, "Wasserstein
    Auto-Encoders"; Zhao et al. 2019, "InfoVAE"). Images can be drawn as from a `VariationalCAE`, but codes
    have no noise, and reconstructions are sharper: only the codes' distribution over a batch is penalized,
    by `mmd_weight` times its maximum mean discrepancy squared. That is between about 0 and 2 at every size
    of images and codes, so it goes with a loss that is a mean over an image's values; with a loss that is
    their sum, multiply `mmd_weight` by their number. Larger batches estimate it better: take 100 or more.

    Logs: `mmd_loss` (see `MMDBottleneck`), `reconstruction_loss`.

    Args:
        latent_dim: size of the code.
        mmd_weight: weight of the discrepancy. May be set while training goes on, as
            `callbacks.WeightScheduler` does.
        kernel: "imq", the inverse multiquadratic, or "rbf", the Gaussian kernel.
        filters: channels of each level's convolution, from full resolution down.
        kernel_size: side of the convolutions' kernels, in pixels.
        activation: name of a Keras activation, callable or layer; of a layer, every level has its own.
        output_activation: the same, for the last layer.
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets.
        **kwargs: of `keras.Model`.

    Input shape: `(n, height, width, channels)`; each side at least `2 ** (len(filters) - 1)` pixels.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is not of the kind named above, or the images are too small.

    Example:

    >>> model = keras_cae.models.WassersteinCAE(latent_dim=4, filters=(8, 16))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> images = np.random.default_rng(0).random((64, 14, 14, 1), dtype=np.float32)
    >>> sorted(model.fit(images, verbose=0).history)
    ['loss', 'mmd_loss', 'reconstruction_loss']
    >>> model.sample(3, seed=0).shape
    (3, 14, 14, 1)
    """

    latent_dim: int
    mmd_weight = BottleneckWeight()

    def __init__(
        self,
        latent_dim: int,
        mmd_weight: float = 1.0,
        kernel: str = "imq",
        filters: Sequence[int] = (16, 32, 64),
        kernel_size: int = 3,
        activation: Any = "relu",
        output_activation: Any = "sigmoid",
        corruption: keras.layers.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            positive_int(latent_dim, "latent_dim"),
            filters,
            kernel_size,
            activation,
            output_activation,
            corruption,
            **kwargs,
        )
        self.mmd_weight = mmd_weight
        self.kernel = one_of(kernel, "kernel", ("imq", "rbf"))

    def make_bottleneck(self, shape: Any) -> keras.layers.Layer:
        return MMDBottleneck(self.mmd_weight, self.kernel, dtype=self.dtype_policy, name="bottleneck")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mmd_weight": self.mmd_weight, "kernel": self.kernel}
