"""The methods of autoencoders that encode images, decode codes and draw random codes."""

from typing import Any

import keras
import numpy as np

from keras_cae.images import check_image_batch, compatible
from keras_cae.kinds import KINDS
from keras_cae.layers.bottleneck import Bottleneck
from keras_cae.layers.codes import codes_of
from keras_cae.layers.gaussian_prior import check_prior
from keras_cae.models.image_quality import image_quality, paired
from keras_cae.models.likelihood import log_likelihood
from keras_cae.networks.downsampling import downsampling_of
from keras_cae.networks.graphs import Graphs
from keras_cae.training.inference import DEFAULT_BATCH_SIZE, Inference
from keras_cae.training.input_gate import InputGate
from keras_cae.validation import non_negative_int, optional, positive_float


class Coding:
    """The methods of an autoencoder that return or take codes. Their results depend on the bottleneck."""

    _gate: InputGate
    rank: int
    built: bool
    built_shape: Any
    encoder: Any
    bottleneck: Any
    _given: Any
    run_eagerly: bool
    _graphs: Graphs
    _default_bottleneck: bool
    _reconstruct: Any
    _to_floats: Any
    _ensure_built: Any

    def encode(self, images: Any, batch_size: int = DEFAULT_BATCH_SIZE) -> Any:
        """Return the codes of images. The result is deterministic.

        Args:
            images: an array, which is encoded in batches; a `tf.data.Dataset` or a generator, which is encoded in its
                own batches (targets and weights are ignored); or a tensor, which is encoded at once and differentiably.
            batch_size: number of images of an array that are encoded at once.

        Returns:
            An array of codes; for a tensor, a tensor.

        Raises:
            ValueError: the model does not accept the images.
        """
        return self._inference("_encode")(images, batch_size)

    def decode(self, codes: Any, batch_size: int = DEFAULT_BATCH_SIZE) -> Any:
        """Return the images that the decoder reconstructs from codes. The result is deterministic.

        Args:
            codes: an array, a `tf.data.Dataset` or a tensor, as in `encode`.
            batch_size: number of codes of an array that are decoded at once.

        Returns:
            An array of images; for a tensor, a tensor.

        Raises:
            ValueError: the codes have another shape, or the model has a codebook and the codes are not its indices.
        """
        return self._inference("_decode")(codes, batch_size)

    def evaluate_images(
        self, images: Any, targets: Any = None, *, max_value: float = 1.0, batch_size: int = DEFAULT_BATCH_SIZE
    ) -> dict[str, np.ndarray]:
        """Return the reconstruction quality of each image, whereas `evaluate` returns means over all images.

        Args:
            images: an array, which is processed in batches; or a `tf.data.Dataset` or a generator of batches (targets
                and weights are ignored).
            targets: array of the images to compare the reconstructions with, such as clean images for noisy `images`;
                by default `images`.
            max_value: the largest possible value of float images, for PSNR and SSIM. Integer images are scaled by
                their type.
            batch_size: number of images of an array that are reconstructed at once.

        Returns:
            A dictionary of arrays `(n,)`, which `pandas.DataFrame` accepts: "mse", the mean squared error; "psnr", in
            dB; and "ssim", the structural similarity.

        Raises:
            ValueError: the model does not accept the images, or `targets` and the reconstructions differ in shape.
        """
        data = images if targets is None else paired(images, targets)
        max_value = positive_float(max_value, "max_value")
        found = self._inference("_quality")(data, batch_size, max_value=max_value)
        return {name: np.asarray(values) for name, values in found.items()}

    def sample(
        self, n: int, seed: int | None = None, batch_size: int = DEFAULT_BATCH_SIZE, image_size: Any = None
    ) -> Any:
        """Return images that are generated from random codes of the prior.

        Args:
            n: number of images.
            seed: seed of the codes. The same seed gives the same codes; a larger `n` appends further codes.
            batch_size: number of codes that are decoded at once.
            image_size: for models whose codes are feature maps, the `(height, width)` of the images, the `(length,)` of
                signals or the `(depth, height, width)` of volumes.

        Returns:
            An array of the shape of images, `(n, height, width, channels)`.

        Raises:
            ValueError: the bottleneck has no prior, or the size of the images is unknown.
        """
        codes = self.draw_codes(n, seed, image_size=image_size)
        if not len(codes):
            return np.zeros((0, *self._graphs.output_shape((0, *self._shape_of_images(image_size)))[1:]), "float32")
        return self.decode(codes, batch_size=batch_size)

    def draw_codes(self, n: int, seed: int | None = None, *, image_size: Any = None) -> np.ndarray:
        """Return random codes of the prior, which `sample` decodes.

        Args:
            n: number of codes.
            seed: seed of the codes, as in `sample`.
            image_size: size of the images, as in `sample`.

        Returns:
            An array of codes, `(n, *code_shape)`.

        Raises:
            ValueError: the bottleneck has no prior, or the size of the images is unknown.
        """
        n, seed = non_negative_int(n, "n"), optional(non_negative_int)(seed, "seed")
        if not self.built and self._default_bottleneck:
            check_prior(keras.layers.Identity())
        bottleneck = check_prior(self.bottleneck)
        if not self.built:
            raise ValueError(
                f"{type(self).__name__} must be built before it can generate images: train it, or call build("
                f"{KINDS[self.rank].shape_to_build})."
            )
        return bottleneck.draw_codes((n, *self._code_shape(image_size)), seed)

    @property
    def code_shape(self) -> tuple[int | None, ...]:
        """The shape of one code, with None for axes that depend on the size of the image."""
        return tuple(self.encoder.output_shape[1:])

    def _code_shape(self, size: Any) -> tuple[int, ...]:
        if size is None and None not in self.code_shape:
            return tuple(side for side in self.code_shape if side is not None)
        return tuple(self.encoder.compute_output_shape((1, *self._shape_of_images(size)))[1:])

    def _shape_of_images(self, size: Any) -> tuple[int, ...]:
        *sides, channels = self.built_shape[1:]
        sides = sides if size is None else list(size)
        if None in sides or len(sides) != self.rank:
            axes = KINDS[self.rank].axes
            raise ValueError(
                f"image_size must be the ({axes}) of the {KINDS[self.rank].noun}, got {size!r}. The shape of the codes "
                f"depends on the size of the {KINDS[self.rank].noun}."
            )
        return (*sides, channels)

    @property
    def downsampling(self) -> tuple[int, ...]:
        """The factor by which the encoder reduces images along each axis.

        Raises:
            ValueError: the encoder is not a graph of layers with feature maps, so that the factor is unknown.
        """
        return downsampling_of(self._given.encoder, self.rank)

    @property
    def has_prior(self) -> bool:
        """Whether codes follow the standard normal distribution, so that `sample` generates images."""
        return bool(getattr(vars(self).get("bottleneck"), "has_prior", False))

    @property
    def has_posterior(self) -> bool:
        """Whether `posterior` returns distributions of codes."""
        return bool(getattr(vars(self).get("bottleneck"), "has_posterior", False))

    @property
    def decodes_codes_alone(self) -> bool:
        """Whether `decode` needs only codes. It is False if the decoder sees features of the encoder."""
        return True

    def posterior(self, images: Any, batch_size: int = DEFAULT_BATCH_SIZE) -> Any:
        """Return the mean and the logarithm of the variance of each image's code.

        Args:
            images: an array, a `tf.data.Dataset` or a tensor, as in `encode`.
            batch_size: number of images of an array that are encoded at once.

        Returns:
            Two arrays `(n, latent_dim)`; for a tensor, two tensors.

        Raises:
            ValueError: the bottleneck has no posterior.
        """
        self._check_posterior("posterior")
        return self._inference("_posterior")(images, batch_size)

    def log_likelihood(
        self,
        images: Any,
        samples: int = 64,
        likelihood: str | None = None,
        seed: int = 0,
        batch_size: int = DEFAULT_BATCH_SIZE,
    ) -> Any:
        """Estimate a lower bound of each image's log-likelihood, in nats.

        This is the importance-weighted bound of Burda et al. 2016, "Importance Weighted Autoencoders": the logarithm of
        the mean of `p(x|z) p(z) / q(z|x)` over samples `z` of the posterior `q`. One sample gives an estimate of the
        evidence lower bound; more samples come closer to the likelihood.

        Args:
            images: an array `(n, *spatial, channels)`, or a dataset or generator of batches.
            samples: number of codes that are sampled for each image.
            likelihood: "bernoulli", whose logarithm is the negative binary cross-entropy; or "gaussian" with variance
                1/2, which corresponds to the squared error. By default, it is chosen by the loss of `compile`.
            seed: seed of the codes.
            batch_size: number of images that are processed at once.

        Returns:
            An array `(n,)`.

        Raises:
            ValueError: no likelihood is given and the loss does not imply one, or the bottleneck has no posterior.
        """
        self._check_posterior("log_likelihood")
        return log_likelihood(self, images, samples, likelihood, seed, batch_size)

    def _check_posterior(self, what: str) -> None:
        if not self.has_posterior:
            name = type(vars(self).get("bottleneck")).__name__
            raise ValueError(
                f"{what} needs a bottleneck with a distribution of codes for each image, but the bottleneck of "
                f"{type(self).__name__} is a {name}. Use VariationalCAE, or bottleneck=GaussianBottleneck(...)."
            )

    # Inference, batch by batch

    def _inference(self, name: str) -> Inference:
        inferences = self.__dict__.setdefault("_inferences", {})
        if name not in inferences:
            decodes = name == "_decode"
            inferences[name] = Inference(
                getattr(self, name),
                self._check_codes if decodes else self._check_batch,
                eager=lambda: bool(self.run_eagerly),
                name="codes" if decodes else "images",
            )
        return inferences[name]

    def _check_batch(self, batch: Any) -> None:
        batch = batch[0] if isinstance(batch, tuple) else batch
        if self.built:
            self._gate.check_array(batch, "images")
        else:
            check_image_batch(batch.shape, rank=self.rank)

    def _check_codes(self, codes: Any) -> None:
        codes = codes[0] if isinstance(codes, tuple) else codes
        if not self.built:
            return
        expected = (None, *self.code_shape)
        if not compatible(codes.shape, expected):
            shape = ", ".join(map(str, ("n", *self.code_shape)))
            raise ValueError(
                f"codes must have the shape ({shape}) of this model's codes, got {tuple(codes.shape)}. Pass codes that "
                "encode returned."
            )
        size = getattr(self.bottleneck, "codebook_size", None)
        if size is not None:
            _check_indices(codes, size)

    def _encode(self, images: Any) -> Any:
        self._ensure_built(images)
        features = self._graphs.features(self._to_floats(images), False)[0]
        return self._codes_of(features)

    def _codes_of(self, features: Any) -> Any:
        return codes_of(self.bottleneck, features)

    def _latents(self, codes: Any) -> Any:
        if getattr(self.bottleneck, "codebook_size", None) is not None:
            _check_integers(codes.dtype)
        return self.bottleneck.decode(codes) if isinstance(self.bottleneck, Bottleneck) else codes

    def _decode(self, codes: Any) -> Any:
        return self._graphs.images([self._latents(codes)], False)

    def _quality(self, data: Any, max_value: float) -> Any:
        images, targets = data if isinstance(data, tuple) else (data, data)
        return image_quality(targets, self._reconstruct(images), max_value)

    def _posterior(self, images: Any) -> Any:
        self._ensure_built(images)
        features = self._graphs.features(self._to_floats(images), False)[0]
        return self.bottleneck.posterior(features)


def _check_indices(codes: Any, size: int) -> None:
    """Refuse indices outside the codebook, which some devices would decode without an error."""
    codes = np.asarray(codes)
    _check_integers(codes.dtype)
    outside = (codes < 0) | (codes >= size)
    if np.any(outside):
        raise ValueError(
            f"codes must be codebook indices from 0 to {size - 1}, got {codes[outside][0]}. Pass codes that encode "
            "returned, or draw integers below codebook_size."
        )


def _check_integers(dtype: Any) -> None:
    dtype = keras.backend.standardize_dtype(dtype)
    if "int" not in dtype:
        raise ValueError(f"codes must be integers, the codebook indices that encode returns, got {dtype}.")
