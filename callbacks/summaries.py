"""What TensorBoard shows: pictures, histograms, numbers and texts, ready to be written."""

import io
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from PIL import Image

PNG_EFFORT = 1
"""Of zlib, from 0 to 9: beyond it files are hardly smaller, and take twice the time."""
BUCKETS = 30


class Summary(NamedTuple):
    """What `tf.summary.write` takes beside the tag and the step."""

    tensor: Any
    metadata: Any


def scalar(value: Any, description: str = "") -> Summary:
    """A number, for a curve over the epochs."""
    return Summary(np.float32(value), _metadata("scalars", description))


def text(markdown: str) -> Summary:
    """A text in Markdown."""
    return Summary(markdown, _metadata("text", ""))


def image(picture: np.ndarray, description: str = "") -> Summary:
    """A picture, `(height, width, 3)` of uint8."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_level=PNG_EFFORT)
    height, width = picture.shape[:2]
    return Summary([str(width), str(height), file.getvalue()], _metadata("images", description))


def histogram(values: np.ndarray, description: str = "", limits: tuple[float, float] | None = None) -> Summary:
    """How often values occur. What is not finite is left out.

    `tf.summary.histogram` makes the same of them in ten times the time.

    Args:
        values: of any shape.
        description: in Markdown.
        limits: of the buckets, the outermost of which have what lies beyond; by default the smallest and the
            largest value.
    """
    values = values[np.isfinite(values)].astype("float64")
    buckets = np.zeros((BUCKETS, 3))
    if values.size:
        low, high = limits or (values.min(), values.max())
        counts, edges = _counts(values, low, high)
        buckets = np.stack([edges[:-1], edges[1:], counts], axis=-1)
    return Summary(buckets, _metadata("histograms", description))


def _counts(values: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    if low == high:  # as TensorBoard wants it: all in the last bucket, whose width is 0
        return np.eye(BUCKETS)[-1] * values.size, np.full(BUCKETS + 1, low)
    return np.histogram(np.clip(values, low, high), BUCKETS, (low, high))


def _metadata(plugin: str, description: str) -> Any:
    kind = tf.compat.v1.SummaryMetadata
    return kind(plugin_data=kind.PluginData(plugin_name=plugin), summary_description=description)
