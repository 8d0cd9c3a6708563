"""What the models share whose decoder also sees the encoder's feature maps."""

import functools
from typing import Any

import tensorflow as tf

from keras_cae.models.pyramid_cae import PyramidCAE


class EncoderFeatures(PyramidCAE):
    """A model whose codes can be decoded together with features of the image only, not alone."""

    def _codes_and_features(self, images: Any, training: bool | None) -> Any:
        """The codes, and a list of what decoding needs beside them."""
        raise NotImplementedError

    def _encode_with_features(self, images: Any) -> Any:
        self._ensure_built(images)
        return self._codes_and_features(self.check_images(images), training=False)

    @functools.cached_property
    def _compiled_encode_with_features(self) -> Any:
        return tf.function(self._encode_with_features, autograph=False, reduce_retracing=True)

    def encode(self, images: Any, batch_size: int = 128, return_features: bool = False) -> Any:
        """Return the codes of images, as `CAE.encode` does.

        Args:
            images: batch of images.
            batch_size: how many images are encoded at once.
            return_features: whether to return the feature maps too, without which `decode` can't work.

        Returns:
            The codes; with `return_features=True` the codes and a list of feature maps.
        """
        if not return_features:
            return super().encode(images, batch_size)
        return self._infer(self._encode_with_features, self._compiled_encode_with_features, images, batch_size)

    def decode(  # type: ignore[override]  # this decoder can't do without the features
        self, codes: Any, features: Any = None, batch_size: int = 128
    ) -> Any:
        """Return the images that the decoder makes of codes and the encoder's feature maps.

        Args:
            codes: batch of codes.
            features: the feature maps that `encode(images, return_features=True)` returned beside them.
            batch_size: how many codes are decoded at once.

        Raises:
            ValueError: the features are missing.
        """
        if features is None:
            raise ValueError(
                f"{type(self).__name__} can't decode codes alone: its decoder needs the encoder's feature "
                "maps. Call codes, features = model.encode(images, return_features=True), then "
                "model.decode(codes, features); for images from codes alone use a model without skips."
            )
        return super().decode((codes, *features), batch_size)
