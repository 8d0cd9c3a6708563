"""Skip connections between the encoder and the decoder."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_cae.images import image_size
from keras_cae.models.basic_cae import BasicCAE
from keras_cae.models.encoder_features import EncoderFeatures
from keras_cae.validation import one_of


@keras.saving.register_keras_serializable(package="keras_cae")
class SkipConnectionCAE(EncoderFeatures, BasicCAE):
    """Autoencoder whose decoder also sees the encoder's feature maps.

    Convolutions and transposed convolutions as in `BasicCAE`; the feature map of the encoder joins the
    decoder where the size is the same, after the activation, except at full resolution (Mao et al. 2016,
    "Image Restoration Using Very Deep Convolutional Encoder-Decoder Networks with Symmetric Skip
    Connections"; by concatenation Ronneberger et al. 2015, "U-Net").

    Reconstructions are sharper than those of the code alone. They say less about the code, and a defect in
    an image may be copied: for anomaly detection train with a corruption, or use a model without skips.

    Args:
        latent_dim: size of the code. None leaves out the dense layers: the code is a feature map, and one
            set of weights serves images of any size.
        filters: channels of each level's convolution, from full resolution down; at least three levels.
        kernel_size: side of the kernels, in pixels.
        activation: name of a Keras activation, callable or layer; of a layer, every level has its own.
        output_activation: the same, for the last layer. It decides which values the images may have:
            "sigmoid" for [0, 1].
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets.
        merge: how features join: "add" or "concatenate".
        bottleneck: layer between the encoder and the decoder; by default the codes pass as they are.
        **kwargs: of `keras.Model`.

    Input shape: `(n, height, width, channels)`; each side at least `2 ** (len(filters) - 1)` pixels.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is not of the kind named above, the images are too small, or `decode` is
            given codes without features.

    Example:

    >>> model = keras_cae.models.SkipConnectionCAE(latent_dim=8, activation=keras.layers.PReLU())
    >>> images = np.random.default_rng(0).random((4, 29, 31, 3), dtype="float32")
    >>> codes, features = model.encode(images, return_features=True)
    >>> model.decode(codes, features).shape
    (4, 29, 31, 3)
    """

    def __init__(
        self,
        latent_dim: int | None,
        filters: Sequence[int] = (16, 32, 64),
        kernel_size: int = 3,
        activation: Any = "relu",
        output_activation: Any = "sigmoid",
        corruption: keras.layers.Layer | None = None,
        merge: str = "add",
        bottleneck: keras.layers.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            latent_dim, filters, kernel_size, activation, output_activation, corruption, bottleneck, **kwargs
        )
        if len(self.filters) < 3:
            raise ValueError(
                "filters must name at least three levels, because features join below full resolution "
                f"and above the code, got {self.filters}."
            )
        self.merge = one_of(merge, "merge", ("add", "concatenate"))

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        images = self.check_images(inputs)
        codes, features = self._codes_and_features(images, training)
        return self.decoder([codes, *features], training=training, image_size=image_size(images))

    def _codes_and_features(self, images: Any, training: bool | None) -> Any:
        """The codes, and the feature maps that the decoder takes, the coarsest first."""
        codes, features = self.encoder(images, training=training, return_features=True)
        return self.bottleneck(codes, training=training), features[-2:0:-1]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "merge": self.merge}
