"""The parts of an autoencoder, as models that share their layers."""

from dataclasses import dataclass
from typing import Any

import keras

from keras_cae.images import compatible
from keras_cae.layers.bottleneck import Bottleneck
from keras_cae.layers.codes import Codes, Latents
from keras_cae.layers.data_scale import DataScale
from keras_cae.networks.network import Network
from keras_cae.networks.pyramid import Pyramid


@dataclass(frozen=True)
class GivenNetworks:
    """The networks that the user passed. The built model extends the encoder by a layer that computes the codes.

    This is not a tuple, because Keras would then save the weights under the name of the attribute that holds it.
    """

    encoder: keras.Model
    decoder: keras.Model


@dataclass
class Graphs:
    """The graphs of an encoder and a decoder, with and without the bottleneck.

    `encoder` maps images to codes and `decoder` maps codes to images; users see these two. `body` ends before the
    bottleneck and also returns the feature maps for skip connections; `head` begins after the bottleneck.
    """

    encoder: keras.Model
    decoder: keras.Model
    body: keras.Model
    head: keras.Model
    crops: bool = False
    """Whether reconstructions must be cropped, because images of any size are padded."""
    same_shape: bool = False
    """Whether reconstructions have the shape of the images."""

    def features(self, images: Any, training: bool | None) -> list[Any]:
        """Return the input of the bottleneck, followed by the inputs of the decoder's skip connections."""
        outputs = self.body(images, training=training)
        return list(outputs) if isinstance(outputs, list | tuple) else [outputs]

    def images(self, inputs: list[Any], training: bool | None) -> Any:
        """Return the reconstructions, given the output of the bottleneck and the inputs of skip connections."""
        return self.head(inputs if len(inputs) > 1 else inputs[0], training=training)

    def output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the reconstructions for images of a shape."""
        if self.same_shape:
            return tuple(input_shape)
        return (
            input_shape[0],
            *self.decoder.compute_output_shape(self.encoder.compute_output_shape(input_shape))[1:],
        )


def graphs_of_networks(
    encoder: keras.Model,
    decoder: keras.Model,
    bottleneck: keras.layers.Layer,
    shape: Any,
    feature_shape: Any,
    normalizer: keras.layers.Normalization | None = None,
) -> Graphs:
    """Return the graphs of two networks that the user passed.

    Raises:
        ValueError: the networks do not fit together.
    """
    latent_shape = bottleneck(keras.KerasTensor(feature_shape, dtype=bottleneck.compute_dtype)).shape
    taken = getattr(decoder, "input_shape", None)
    if isinstance(taken, tuple) and not compatible(latent_shape, taken):
        raise ValueError(
            f"The encoder and the decoder do not fit together: the encoder {encoder.name!r} returns "
            f"codes of shape {tuple(latent_shape)}, but the decoder {decoder.name!r} expects {taken}."
        )
    if normalizer is not None:
        images = keras.Input(shape[1:], name="images")
        latents = keras.Input(latent_shape[1:], dtype=bottleneck.compute_dtype, name="latents")
        reconstruction = decoder(latents)
        if reconstruction.shape[-1] != shape[-1]:
            raise ValueError(
                f"A normalizer needs reconstructions with the {shape[-1]} channels of the images, but the decoder "
                f"{decoder.name!r} returns {reconstruction.shape[-1]}. Normalize images and targets yourself instead."
            )
        encoder = Network(images, encoder(_scaled(images, normalizer)), name="body")
        decoder = Network(latents, _scaled(reconstruction, normalizer, inverse=True), name="head")
    if _passes_codes(bottleneck):
        return Graphs(encoder, decoder, encoder, decoder)
    images = keras.Input(shape[1:], name="images")
    codes = Codes(bottleneck, name="codes", dtype=bottleneck.dtype_policy)(encoder(images))
    whole_encoder = Network(images, codes, name="encoder")
    whole_decoder = decoder
    if getattr(bottleneck, "codebook_size", None) is not None:
        numbers = keras.Input(codes.shape[1:], dtype="int32", name="numbers")
        latents = Latents(bottleneck, name="latents", dtype=bottleneck.dtype_policy)(numbers)
        whole_decoder = Network(numbers, decoder(latents), name="decoder")
    return Graphs(whole_encoder, whole_decoder, encoder, decoder)


def _scaled(images: Any, normalizer: keras.layers.Normalization | None, inverse: bool = False) -> Any:
    """Normalize images, or with `inverse` convert them back to the unit of the data."""
    if normalizer is None:
        return images
    name = "in_unit" if inverse else "normalized"
    return DataScale(normalizer, inverse, dtype=images.dtype, autocast=False, name=name)(images)


def _passes_codes(bottleneck: keras.layers.Layer) -> bool:
    """Return whether the encoder's outputs are the codes."""
    return isinstance(bottleneck, keras.layers.Identity) or getattr(bottleneck, "passes_codes", False)


def check_single_output(encoder: keras.Model, shape: Any) -> Any:
    """Return the shape of an encoder's output.

    Raises:
        ValueError: the encoder has several outputs.
    """
    if isinstance(shape, dict) or (isinstance(shape, list | tuple) and shape and isinstance(shape[0], list | tuple)):
        raise ValueError(
            f"The encoder {encoder.name!r} must have one output, from which the bottleneck computes codes, but it has "
            f"{len(shape)}. If the outputs are [z_mean, z_log_var, z], end the encoder before these layers, and use "
            "bottleneck=keras_cae.layers.GaussianBottleneck(latent_dim), which computes them."
        )
    return shape


def graphs_of_pyramid(
    pyramid: Pyramid,
    bottleneck: keras.layers.Layer,
    image_shape: Any,
    latent_dim: int | None,
    normalizer: keras.layers.Normalization | None = None,
) -> Graphs:
    """Return the graphs of an architecture of the library, around a bottleneck.

    Args:
        pyramid: description of the networks.
        bottleneck: the layer between encoder and decoder, not built.
        image_shape: `(*spatial, channels)`, with None for sides that may differ from batch to batch.
        latent_dim: size of the codes; None if they are feature maps.
        normalizer: normalization of the images, if any.
    """
    dense = latent_dim is not None
    projects = isinstance(bottleneck, Bottleneck) and bottleneck.projects
    dtype = pyramid.dtype
    images = keras.Input(image_shape, dtype=dtype.variable_dtype, name="images")
    encoded = pyramid.encode(
        _scaled(images, normalizer),
        units=latent_dim if dense and not projects else None,
        code_dim=getattr(bottleneck, "code_dim", None),
        dense=dense,
    )
    policy = bottleneck.dtype_policy
    codes = encoded.features
    if not _passes_codes(bottleneck):
        codes = Codes(bottleneck, dtype=policy, name="codes")(codes)
    latent_shape = bottleneck(keras.KerasTensor(encoded.features.shape, dtype=encoded.features.dtype)).shape
    start = pyramid.start_shape(image_shape) if dense else None
    latents = keras.Input(latent_shape[1:], dtype=bottleneck.compute_dtype, name="latents")
    skips = [
        keras.Input(part.shape[1:], dtype=part.dtype, name=f"skip_{index}") for index, part in enumerate(encoded.skips)
    ]
    reconstruction = _scaled(pyramid.decode(latents, skips, image_shape, start), normalizer, inverse=True)
    head = Network([latents, *skips] if skips else latents, reconstruction, name="decoder")
    decoder = head
    if getattr(bottleneck, "codebook_size", None) is not None:
        numbers = keras.Input(codes.shape[1:], dtype="int32", name="numbers")
        vectors = Latents(bottleneck, dtype=policy, name="latents")(numbers)
        joined = head([vectors, *skips] if skips else vectors)
        decoder = Network([numbers, *skips] if skips else numbers, joined, name="decoder")
    return Graphs(
        encoder=Network(images, codes, name="encoder"),
        decoder=decoder,
        body=Network(images, [encoded.features, *encoded.skips], name="body"),
        head=head,
        crops=None in image_shape[:-1],
        same_shape=True,
    )
