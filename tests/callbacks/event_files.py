"""Reading of the event files that callbacks have written."""

import io
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def written(directory):
    """The content of the event files in a folder, by tags, then by steps."""
    events = EventAccumulator(str(directory), size_guidance={"tensors": 0}).Reload()
    return {
        tag: {
            event.step: _decoded(events.SummaryMetadata(tag).plugin_data.plugin_name, event.tensor_proto)
            for event in events.Tensors(tag)
        }
        for tag in events.Tags()["tensors"]
    }


def pictures(directory, tag="reconstruction"):
    """The pictures of a tag, by their steps."""
    return written(directory).get(tag, {})


def _decoded(plugin, tensor):
    if plugin == "images":
        return _picture(tensor.string_val)
    value = tf.make_ndarray(tensor)
    return value.item().decode() if plugin == "text" else value


def _picture(parts):
    width, height, *images = parts
    (picture,) = (np.asarray(Image.open(io.BytesIO(image))) for image in images)
    assert picture.shape == (int(height), int(width), 3)
    return picture


def open_files(directory):
    """The open files of this process in a folder."""
    links = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return [link for link in links if link.is_relative_to(directory)]
