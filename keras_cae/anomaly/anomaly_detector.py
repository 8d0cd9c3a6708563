"""The anomaly detector."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.anomaly.autoencoder_rule import autoencoder
from keras_cae.anomaly.batch_function import inference_of
from keras_cae.anomaly.calibration import THRESHOLDS, Calibration
from keras_cae.anomaly.copying import warn_of_copying
from keras_cae.anomaly.detector_files import DetectorFiles
from keras_cae.anomaly.evaluation import as_labels, image_results, labelled_batches, warn_of_undefined
from keras_cae.anomaly.get import get
from keras_cae.anomaly.pixel_rankings import PixelRankings
from keras_cae.anomaly.pooling import POOLINGS, pooled, smoothed
from keras_cae.anomaly.reading import as_batches
from keras_cae.anomaly.seen import Seen
from keras_cae.anomaly.thresholds import ThresholdRule, above
from keras_cae.hyperparameters import Hyperparameters
from keras_cae.models.cae import CAE
from keras_cae.training.data import first_shape
from keras_cae.training.inference import DEFAULT_BATCH_SIZE, Inference, batches_of, joined
from keras_cae.validation import choice, non_negative_float, optional, share_up_to_one, size_of_image


@keras.saving.register_keras_serializable(package="keras_cae")
class AnomalyDetector(Hyperparameters, DetectorFiles, keras.Model):
    """Detects and localizes anomalies in images with an autoencoder that is trained on normal images.

    `calibrate` computes the scores of normal images and sets the threshold. `predict` then scores images and returns
    which images are anomalous, and where. One `.keras` file, or one exported file, contains the complete detector, with
    the scores, the thresholds and the decisions as outputs.

    Called on a batch, the detector returns a dictionary of tensors: the outputs of `predict`, `threshold` and
    `map_threshold`.

    Args:
        autoencoder: a model of this library that was trained on normal images.
        score: how images and pixels are scored: "mse", "mae", "ssim", "relative", "standardized", "latent" or "elbo";
            several of these, joined by "+"; a `Score`; or a function of images and reconstructions that returns maps or
            one number per image.
        pooling: how a map is reduced to the score of an image: "mean"; "max"; or "top", the mean of the largest values,
            for small defects.
        top: share of the pixels that "top" averages.
        smoothing: standard deviation, in pixels, of the Gaussian that smooths maps before pooling; 0 for none.
        resize: how images in folders are resized to the size of the autoencoder: "stretch", "crop" or "pad"; see
            `datasets.load_images`.
        image_size: `(height, width)` to which images in folders are resized if the autoencoder accepts any size; one
            number for squares.
        **kwargs: arguments of `keras.Model`.

    Input shape: that of the autoencoder.

    Raises:
        TypeError: `autoencoder` is not a model of this library.
        ValueError: another argument is invalid, or this autoencoder does not support the score.

    Example:

    >>> images = np.random.default_rng(0).random((64, 8, 8, 1), dtype="float32") / 5 + 0.4
    >>> model = keras_cae.models.BasicCAE(latent_dim=4)
    >>> model.compile(optimizer="adam", loss="mse")
    >>> history = model.fit(images, verbose=0)
    >>> detector = keras_cae.anomaly.AnomalyDetector(model, score="mse")
    >>> detector = detector.calibrate(images, false_positive_rate=0.05)
    >>> found = detector.predict(np.concatenate([images[:2], 1.5 * images[:2]]))
    >>> found["is_anomaly"].tolist()
    [False, False, True, True]
    >>> found["anomaly_map"].shape
    (4, 8, 8)
    """

    built: bool
    rules: ClassVar = {
        "autoencoder": autoencoder,
        "score": get,
        "pooling": choice(*POOLINGS),
        "top": share_up_to_one,
        "smoothing": non_negative_float,
        "resize": choice("stretch", "crop", "pad"),
        "image_size": optional(size_of_image),
    }

    def __init__(
        self,
        autoencoder: CAE,
        score: Any = "relative",
        *,
        pooling: str = "mean",
        top: float = 0.01,
        smoothing: float = 0.0,
        resize: str = "stretch",
        image_size: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.keep(
            autoencoder=autoencoder,
            score=score,
            pooling=pooling,
            top=top,
            smoothing=smoothing,
            resize=resize,
            image_size=image_size,
        )
        self.calibration = Calibration(name="calibration", dtype="float32")
        self._warned_of_copying = False
        if self.autoencoder.built:
            self.score.check(self.autoencoder)

    # Building

    def build(self, input_shape: Any) -> None:
        if self.built:
            return
        if not self.autoencoder.built:
            self.autoencoder.build(input_shape)
        # The size is fixed if the score compares positions; otherwise, it may vary as far as the autoencoder allows.
        known = self.score.compares_places
        self.images_shape = (None, *input_shape[1:]) if known else self.autoencoder.built_shape
        self.score.attach(self.autoencoder, self.images_shape[1:])
        if not self.calibration.built:
            self.calibration.build()
        self.built = True

    def get_build_config(self) -> dict[str, Any] | None:
        return {"input_shape": self.images_shape} if self.built else None

    def compute_output_spec(self, inputs: Any, training: bool | None = None) -> Any:
        if not self.built:
            self.build(inputs.shape)
        return keras.Operation.compute_output_spec(self, inputs, training=training)

    # The flow of images

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        if tf.executing_eagerly():
            self.calibration.check_done()
            self.autoencoder._check_values(inputs)
        seen = self._seen(inputs)
        maps = self.score.error_map(seen)
        values, maps = self.score.image_scores(seen, maps), smoothed(maps, self.smoothing)
        threshold, map_threshold = ops.unstack(self.calibration.thresholds.value)
        return {
            "score": values,
            "probability": self.calibration.probability(values),
            "is_anomaly": above(values, threshold),
            "anomaly_map": maps,
            "mask": above(maps, map_threshold),
            "threshold": threshold,
            "map_threshold": map_threshold,
        }

    def _seen(self, images: Any) -> Seen:
        return Seen(self.autoencoder, images, self._pool)

    def _pool(self, maps: Any) -> Any:
        return pooled(smoothed(maps, self.smoothing), self.pooling, self.top)

    # Calibration

    def calibrate(
        self,
        normal_images: Any,
        false_positive_rate: float = 0.01,
        *,
        method: str = "quantile",
        sigmas: float = 3.0,
        labels: Any = None,
        batch_size: int = DEFAULT_BATCH_SIZE,
    ) -> "AnomalyDetector":
        """Compute the scores of normal images, and set both thresholds.

        Preferably use images that the autoencoder was not trained on, because training images are reconstructed a
        little better than others. Memory is needed for one batch and for one number per image.

        `map_threshold` is set by the same method from the largest value in the map of each normal image, so at most the
        share `false_positive_rate` of them has any pixel above it. With "f1" and "youden", it is set by "quantile".

        Args:
            normal_images: an array, a `tf.data.Dataset`, a `PyDataset`, or the path of a folder of images. With
                `labels`, it also contains anomalous images.
            false_positive_rate: share of normal images that may be classified as anomalous, for "quantile".
            method: "quantile"; "sigma", a number of standard deviations above the mean; or, with labels for both normal
                and anomalous images, "f1" for the best F1 score and "youden" for the largest sum of sensitivity and
                specificity.
            sigmas: number of standard deviations, for "sigma".
            labels: 1 or True for anomalous images, 0 or False for normal ones, `(n,)`.
            batch_size: number of images of an array or a folder that are scored at once.

        Returns:
            The detector.

        Raises:
            ValueError: the autoencoder is not built or does not accept the images, or another argument is invalid.
        """
        labels = None if labels is None else as_labels(labels)
        rule = ThresholdRule(method, false_positive_rate, sigmas, labels)
        self._prepare_calibration(normal_images)
        known = [weight.numpy() for weight in self.score.weights]
        try:
            self.score.fit(lambda function: self._run(function, normal_images, labels, batch_size, only_normal=True))
            scores, largest = joined(self._run(self._score_and_largest, normal_images, labels, batch_size))
        except BaseException:
            # The existing thresholds belong to the previous state of the score.
            self.score.set_weights(known)
            raise
        normal = scores if labels is None else scores[~labels]
        self.calibration.store(normal, rule.image_threshold(scores), rule.map_threshold(largest))
        return self

    def _prepare_calibration(self, images: Any) -> None:
        if not self.autoencoder.built:
            raise ValueError(
                f"The autoencoder, {type(self.autoencoder).__name__}, must be trained before the detector is "
                "calibrated: call its fit on normal images."
            )
        if self.score.learns and inspect.isgenerator(images):
            raise ValueError(
                f"calibrate reads the images several times for {type(self.score).__name__}, but a generator can be "
                "read only once. Pass an array, a tf.data.Dataset or a folder."
            )
        self.score.check(self.autoencoder)
        shape = first_shape(images)
        unknown = shape is None or len(shape) < len(self.autoencoder.built_shape)
        self.build(self.autoencoder.built_shape if unknown else shape)
        if not self._warned_of_copying:
            self._warned_of_copying = True
            warn_of_copying(self.autoencoder)

    def _run(
        self,
        function: Callable[[Seen], Any],
        images: Any,
        labels: Any,
        batch_size: int,
        only_normal: bool = False,
    ) -> Iterator[Any]:
        """Yield the result of a function of `Seen` for each batch, as arrays."""
        inference = self._compiled(function, lambda batch: function(self._seen(batch)))
        start = 0
        for batch in batches_of(as_batches(images, self, batch_size), batch_size):
            these = None if labels is None else labels[start : start + len(batch)]
            start += len(batch)
            if these is not None and only_normal:
                batch = batch[: len(these)][~these]
            if len(batch):
                yield inference.on_batch(batch)
        if labels is not None and len(labels) != start:
            raise ValueError(f"labels must have one entry for each image, got {len(labels)} for {start} images.")

    def _score_and_largest(self, seen: Seen) -> tuple[Any, Any]:
        """Return the score of each image and the largest value in its map."""
        maps = self.score.error_map(seen)
        return self.score.image_scores(seen, maps), pooled(smoothed(maps, self.smoothing), "max", 1.0)

    @property
    def threshold(self) -> float:
        """The score above which images are anomalous. It can be set once the detector is calibrated."""
        return self.calibration.threshold("threshold")

    @threshold.setter
    def threshold(self, value: float) -> None:
        self.calibration.set_threshold("threshold", value)

    @property
    def map_threshold(self) -> float:
        """The value of a map above which pixels are anomalous. It can be set once the detector is calibrated."""
        return self.calibration.threshold("map_threshold")

    @map_threshold.setter
    def map_threshold(self, value: float) -> None:
        self.calibration.set_threshold("map_threshold", value)

    # Scoring

    def predict(
        self, images: Any, batch_size: int = DEFAULT_BATCH_SIZE, *, maps: bool = True, verbose: Any = 0
    ) -> dict[str, np.ndarray]:
        """Score images.

        Args:
            images: an array, a `tf.data.Dataset`, a `PyDataset`, a generator, one image, or the path of a
                folder of images, which are scored in the order of their paths.
            batch_size: number of images of an array or a folder that are scored at once.
            maps: whether to return `anomaly_map` and `mask`, which have the size of the images.
            verbose: 1 for a progress bar.

        Returns:
            A dictionary of arrays: `score`, `(n,)`, larger for anomalies; `probability`, `(n,)`, the share of the
            normal images of `calibrate` with a smaller score; `is_anomaly`, `(n,)`, whether the score is above
            `threshold`; `anomaly_map`, `(n, *spatial)`; and `mask`, whether the map is above `map_threshold`.

        Raises:
            ValueError: the detector is not calibrated, or the autoencoder does not accept the images.
        """
        self.calibration.check_done()
        batches = batches_of(as_batches(images, self, batch_size), batch_size)
        inference = self._inference("maps" if maps else "scores")
        bar = keras.utils.Progbar(None, verbose=1 if verbose == 1 else 0)
        outputs = []
        for batch in batches:
            outputs.append(inference.on_batch(batch))
            bar.add(1)
        return dict(joined(outputs))

    def evaluate(
        self, images: Any, labels: Any = None, masks: Any = None, batch_size: int = DEFAULT_BATCH_SIZE
    ) -> dict[str, float]:
        """Measure how well known anomalies are detected.

        Args:
            images: as for `predict`; or a dataset of `(images, labels)` or `(images, labels, masks)`.
            labels: 1 or True for anomalous images, 0 or False for normal ones, `(n,)`.
            masks: masks of the defects: an array `(n, *spatial)`, or a list in which normal images may have None.
                Defects are True or not zero; if the largest value is above 127, defects are the values above 127.
            batch_size: number of images of an array or a folder that are scored at once.

        Returns:
            A dictionary: `image_auroc` and `average_precision`, from the raw scores; `f1` and `accuracy`, at the
            threshold. With masks also `pixel_auroc`; `aupro`, the area under the per-region overlap curve up to a
            false-positive rate of 0.3 (Bergmann et al. 2020); and `aupimo`, the mean recall per image at false-positive
            rates from 1e-5 to 1e-4 in normal images (Bertoldo et al. 2024). Pixel metrics are exact up to four million
            pixels; beyond, the values of maps are rounded to three digits. Undefined metrics are NaN, with a warning
            that explains why.

        Raises:
            ValueError: the detector is not calibrated, or an argument is invalid.
        """
        self.calibration.check_done()
        images = as_batches(images, self, batch_size)
        pixels: PixelRankings | None = None
        scores, kinds = [], []
        for batch, kind, mask in labelled_batches(images, labels, masks, batch_size, self.autoencoder.built_shape[1:]):
            found = self._inference("scores" if mask is None else "maps").on_batch(batch)
            scores.append(found["score"])
            kinds.append(kind)
            if mask is not None:
                pixels = pixels or PixelRankings()
                pixels.add(mask, found["anomaly_map"])
        results = image_results(joined(scores), joined(kinds), self.threshold)
        if pixels is not None:
            results.update(pixels.results())
        warn_of_undefined(results)
        return results

    def _inference(self, what: str) -> Inference:
        """Return the compiled call without thresholds and, if `what` is "scores", without maps."""
        left_out = {*THRESHOLDS, *(("anomaly_map", "mask") if what == "scores" else ())}

        def outputs(images: Any) -> Any:
            return {name: value for name, value in self(images).items() if name not in left_out}

        return self._compiled(what, outputs)

    def _compiled(self, key: Any, function: Callable[[Any], Any]) -> Inference:
        """Return a function of batches of images, compiled once for every `key`."""
        inferences = self.__dict__.setdefault("_inferences", {})
        if key not in inferences:
            inferences[key] = inference_of(self.autoencoder, self.images_shape, function)
        return inferences[key]

    # Files

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {**config, "autoencoder": keras.saving.serialize_keras_object(self.autoencoder)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "AnomalyDetector":
        with keras.saving.custom_object_scope(custom_objects or {}):
            return cls(**config)
