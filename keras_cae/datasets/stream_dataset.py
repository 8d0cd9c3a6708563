"""Streams as `tf.data.Dataset`s."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from keras_cae.datasets.image_source import ImageSource
from keras_cae.datasets.image_stream import Host, ImageStream
from keras_cae.datasets.patch_cutter import PatchCutter
from keras_cae.datasets.split import split_images


class StreamSplit(NamedTuple):
    """Three streams of different images."""

    train: Any
    validation: Any
    test: Any


class StreamLabels(NamedTuple):
    """The labels of all images of a source, and the class names if the labels are indices of these."""

    values: np.ndarray
    names: tuple[str, ...]


@dataclass(frozen=True)
class Streaming:
    """The images and settings from which a `tf.data.Dataset` is created.

    Args:
        source: source of the images.
        rows: rows of the images to use.
        batch_size: images per batch, summed over all hosts.
        shuffle: whether the order changes every epoch.
        seed: seed of the order and of patches.
        cutter: cutter of patches, or None for whole images.
        host: which part of each batch to read.
        labels: labels of the images, or None.
        labelled: whether the dataset yields the labels along with the images.
    """

    source: ImageSource
    rows: np.ndarray
    batch_size: int
    shuffle: bool
    seed: int
    cutter: PatchCutter | None = None
    host: Host = Host()  # noqa: RUF009
    labels: StreamLabels | None = None
    labelled: bool = False

    def dataset(self) -> Any:
        """Return the dataset, with the attributes that `stream_images` describes."""
        import tensorflow as tf

        stream = ImageStream(
            self.source,
            self.rows,
            self.batch_size,
            shuffle=self.shuffle,
            seed=self.seed,
            cutter=self.cutter,
            host=self.host,
        )
        signature = self._signature()
        dataset: Any = tf.data.Dataset.from_generator(
            lambda: self._batches(stream), output_signature=signature if len(signature) > 1 else signature[0]
        )
        # There is no prefetch, because the images are already decoded in advance. Autotuning has no effect on this
        # pipeline, but the end of an epoch would wait for its thread.
        options = tf.data.Options()
        options.autotune.enabled = False
        options.deterministic = True
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(len(stream))).with_options(options)
        dataset.skipped = self.source.skipped
        dataset.paths = tuple(self.source.names[row] for row in self.rows)
        if self.source.partners is not None:
            dataset.target_paths = tuple(self.source.partners[row] for row in self.rows)
        dataset.labels = None if self.labels is None else self.labels.values[self.rows]
        dataset.class_names = () if self.labels is None else self.labels.names
        dataset.split = self.split
        dataset.skip_epochs = stream.skip
        dataset.image_stream = stream
        return dataset

    def split(self, validation: float = 0.1, test: float = 0.2, seed: int = 0) -> StreamSplit:
        """Split the images into three streams. The same images and the same seed give the same parts.

        Args:
            validation: the fraction of images for choosing the best epoch.
            test: the fraction of images for testing; ignored if the data contain separate test images.
            seed: seed of the permutation.

        Returns:
            The streams for training, validation and testing. Only the first one is shuffled.

        Raises:
            ValueError: a fraction is out of range, or there are too few images for all parts.
        """
        apart = self.source.test
        parts = split_images(self.rows, None if apart is None else np.arange(len(apart)), validation, test, seed)
        still = replace(self, rows=parts.validation, shuffle=False)
        testing = replace(still, rows=parts.test)
        if apart is not None:
            testing = replace(testing, source=apart, labels=None, labelled=False)
        return StreamSplit(replace(self, rows=parts.train).dataset(), still.dataset(), testing.dataset())

    def _signature(self) -> tuple[Any, ...]:
        import tensorflow as tf

        shapes: Any = self.source.shapes
        if self.cutter is not None:
            shapes = [(*self.cutter.size, shape[-1]) for shape in shapes]
        signature = tuple(
            tf.TensorSpec((None, *shape), tf.as_dtype(dtype))
            for shape, dtype in zip(shapes, self.source.dtypes, strict=True)
        )
        if not self.labelled:
            return signature
        assert self.labels is not None
        return (*signature, tf.TensorSpec((None, *self.labels.values.shape[1:]), tf.as_dtype(self.labels.values.dtype)))

    def _batches(self, stream: ImageStream) -> Iterator[Any]:
        for parts, rows in stream.epoch():
            found = (*parts, self.labels.values[rows]) if self.labelled and self.labels is not None else parts
            yield found if len(found) > 1 else found[0]


def seed_of_all_hosts(seed: int | None) -> int:
    """Return the seed. None becomes a random seed, or 0 on several hosts, which need the same one."""
    if seed is not None:
        return seed
    return 0 if _workers() > 1 else int(np.random.default_rng().integers(2**31))


def _workers() -> int:
    """Return how many processes TF_CONFIG names."""
    try:
        cluster = json.loads(os.environ.get("TF_CONFIG", "{}")).get("cluster", {})
        return sum(len(cluster.get(kind, ())) for kind in ("chief", "worker"))
    except (ValueError, AttributeError, TypeError):
        return 0
