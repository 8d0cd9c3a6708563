"""The computation for each tile, and the properties of the network that it depends on."""

import abc
import functools
import weakref
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from keras import ops

from keras_cae.anomaly.anomaly_detector import AnomalyDetector
from keras_cae.anomaly.pooling import smoothed
from keras_cae.anomaly.seen import Seen
from keras_cae.kinds import KINDS
from keras_cae.models.cae import CAE
from keras_cae.models.pyramid_cae import PyramidCAE
from keras_cae.tiling.field import NotMeasurableError, Probe, Reach

LARGE = 5760
"""The side of images from which the number of pixels per code is computed."""
_tasks: weakref.WeakKeyDictionary[Any, dict[type, "Task"]] = weakref.WeakKeyDictionary()


class Task(abc.ABC):
    """The computation for a batch of tiles. A subclass implements `outputs` and `differentiable`.

    Args:
        model: the model, to which the task only holds a weak reference.
        autoencoder: the `CAE`, which is the model itself or the autoencoder of a detector.
    """

    in_unit_of_images = False
    """Whether outputs have the unit of the images, so that they can be stored as integers in the same way."""
    problem: NotMeasurableError | None = None
    """The reason why the receptive field can't be measured, if a measurement has failed."""

    def __init__(self, model: Any, autoencoder: CAE) -> None:
        self._model, self._autoencoder = weakref.ref(model), weakref.ref(autoencoder)
        self._compiled: dict[Any, Any] = {}

    @property
    def model(self) -> Any:
        """The model."""
        return self._model()

    @property
    def autoencoder(self) -> Any:
        """The autoencoder."""
        return self._autoencoder()

    @abc.abstractmethod
    def outputs(self, images: Any) -> Any:
        """Return the outputs for a batch."""

    @abc.abstractmethod
    def differentiable(self, autoencoder: Any, images: Any) -> Any:
        """Return differentiable values that depend on the same pixels as `outputs`.

        Args:
            autoencoder: the autoencoder, or a copy of it.
            images: a batch.
        """

    def function(self, tile: tuple[int, ...], dtype: Any) -> Callable[[Any], Any]:
        """Return `outputs`, compiled for tiles of a shape and a type and for any batch size."""
        if self.autoencoder.run_eagerly:
            return self.outputs
        key = (tile, str(dtype))
        if key not in self._compiled:
            batches = tf.TensorSpec((None, *tile), dtype)
            self._compiled[key] = tf.function(self.outputs, autograph=False).get_concrete_function(batches)
        return self._compiled[key]

    # Properties of the network

    @property
    def fixed_size(self) -> tuple[int, ...] | None:
        """The sides of the images that the model was built for; None if it accepts any size."""
        sides = tuple(self.autoencoder.built_shape[1:-1])
        return None if None in sides else sides

    @property
    def cells(self) -> tuple[int, ...]:
        """The number of pixels per output along each axis."""
        return (1,) * self.autoencoder.rank

    @functools.cached_property
    def periods(self) -> tuple[int, ...] | None:
        """The shift of images along each axis in pixels that only shifts the outputs; None if it is unknown."""
        autoencoder = self.autoencoder
        if self.fixed_size is not None:
            return None
        if self._pads:
            return tuple(autoencoder.downsampling)
        cells = self.cells
        try:
            probe = Probe(autoencoder, self.differentiable, None, cells)
            return tuple(probe.periods) if probe.find_periods() else None
        except NotMeasurableError as error:
            self.problem = error
            return None

    @functools.cached_property
    def reaches(self) -> tuple[Reach, ...] | None:
        """The receptive field along each axis, ignoring normalization; None if it is unlimited or unknown."""
        if self.periods is None:
            return None
        try:
            reaches = [self._probe.reach(axis) for axis in range(self.autoencoder.rank)]
        except NotMeasurableError as error:
            self.problem = error
            return None
        return None if None in reaches else tuple(reaches)  # type: ignore[arg-type]

    @functools.cached_property
    def is_exact(self) -> bool:
        """Whether outputs equal those of the whole image if the tile contains their receptive field."""
        return self.reaches is not None and not self._probe.depends_on_whole_image(0, self.reaches[0])

    @property
    def _probe(self) -> Probe:
        return Probe(self.autoencoder, self.differentiable, self.periods, self.cells, self._pads)

    @property
    def _pads(self) -> bool:
        """Whether the network is one of the library's, which pad images to multiples of their downsampling."""
        return isinstance(self.autoencoder, PyramidCAE)


class Reconstruction(Task):
    """The reconstructions, as `predict` returns them."""

    in_unit_of_images = True

    def outputs(self, images: Any) -> Any:
        return ops.cast(self.model._reconstruct(images), "float32")

    def differentiable(self, autoencoder: Any, images: Any) -> Any:
        return self.of(autoencoder, images)

    @staticmethod
    def of(autoencoder: Any, images: Any) -> Any:
        """Return the reconstructions without quantization, which would block gradients or saturate activations."""
        if not quantizes(autoencoder):
            return autoencoder.call(images, training=False)
        graphs = autoencoder._graphs
        return autoencoder._cropped(graphs.images(graphs.features(images, False), False), images)


class Encoding(Task):
    """The codes, as `encode` returns them: feature maps or codebook indices."""

    def outputs(self, images: Any) -> Any:
        codes = self.model._encode(images)
        return codes if "int" in codes.dtype.name else ops.cast(codes, "float32")

    def differentiable(self, autoencoder: Any, images: Any) -> Any:
        features = autoencoder._graphs.features(images, False)[0]
        return features if quantizes(autoencoder) else autoencoder.bottleneck(features, training=False)

    @functools.cached_property
    def cells(self) -> tuple[int, ...]:
        """The number of pixels per code along each axis."""
        autoencoder = self.autoencoder
        kind = KINDS[autoencoder.rank]
        if self.fixed_size is not None or len(autoencoder._graphs.body.outputs[0].shape) != autoencoder.rank + 2:
            raise ValueError(
                f"encode_tiled needs codes that are feature maps, but {type(autoencoder).__name__} has codes of shape "
                f"{autoencoder.code_shape} for {kind.noun} of {autoencoder.built_shape[1:]}. Use a model with "
                f"latent_dim=None, or encode {kind.noun} of that size."
            )
        if self._pads:
            return tuple(autoencoder.downsampling)
        shape = autoencoder._graphs.body.compute_output_shape(
            (1, *[LARGE] * autoencoder.rank, autoencoder.built_shape[-1])
        )
        return tuple(max(1, round(LARGE / code)) for code in shape[1:-1])


class Map(Task):
    """The anomaly map of a detector."""

    def outputs(self, images: Any) -> Any:
        return self._map(self.autoencoder, images)

    def _map(self, autoencoder: Any, images: Any) -> Any:
        detector = self.model
        seen = Seen(autoencoder, images, detector._pool)
        return smoothed(detector.score.error_map(seen), detector.smoothing)

    def differentiable(self, autoencoder: Any, images: Any) -> Any:
        return self._map(_Differentiable(autoencoder), images)


class _Differentiable:
    """An autoencoder whose `_reconstruct` is differentiable."""

    def __init__(self, autoencoder: Any) -> None:
        self.autoencoder = autoencoder

    def _reconstruct(self, images: Any) -> Any:
        return Reconstruction.of(self.autoencoder, images)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.autoencoder, name)


def quantizes(autoencoder: Any) -> bool:
    """Return whether codes are codebook indices."""
    return getattr(autoencoder.bottleneck, "codebook_size", None) is not None


def task_of(model: Any, kind: type[Task] | None = None) -> Task:
    """Return the task for a model. By default, it computes the reconstructions, or the map of a detector.

    Args:
        model: a `CAE` or an `AnomalyDetector`.
        kind: class of the task, to choose another one.

    Raises:
        TypeError: the model is neither of these.
        ValueError: the detector is not calibrated, or its score compares pixels at the same position.
    """
    detector = isinstance(model, AnomalyDetector)
    if not detector and not isinstance(model, CAE):
        raise TypeError(f"model must be a CAE or an AnomalyDetector of this library, got {model!r}.")
    if detector and kind is not None:
        raise TypeError("A detector has no codes. Pass detector.autoencoder to encode_tiled.")
    if detector:
        model.calibration.check_done()
        if model.score.compares_places:
            raise ValueError(
                f"The score {type(model.score).__name__} compares pixels at the same position of all images, so it "
                "can't be used with tiles. Create a detector with another score, such as 'mse' or 'ssim'."
            )
    kind = kind or (Map if detector else Reconstruction)
    tasks = _tasks.setdefault(model, {})
    if kind not in tasks:
        tasks[kind] = kind(model, model.autoencoder if detector else model)
    return tasks[kind]
