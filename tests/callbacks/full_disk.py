"""A simulated full disk for the event files of the callbacks and of Keras."""

import os

import tensorflow as tf


def no_space(*arguments, **options):
    raise tf.errors.ResourceExhaustedError(None, None, "{{node}} /logs; No space left on device\n\tdetails")


class PartialWriter:
    """A `tf.io.TFRecordWriter` that writes all but the last bytes, and then fails."""

    def __init__(self, path, records=None, missing=5):
        self.path, self.missing = path, missing
        self.records = records or TF_RECORD_WRITER(path)

    def write(self, record):
        self.records.write(record)

    def flush(self):
        self.records.flush()
        os.truncate(self.path, max(0, os.path.getsize(self.path) - self.missing))
        no_space()

    def close(self):
        self.records.close()


TF_RECORD_WRITER = tf.io.TFRecordWriter


def fill(monkeypatch):
    """Make all attempts to write event files or other files fail from now on."""
    monkeypatch.setattr(TF_RECORD_WRITER, "flush", no_space)
    monkeypatch.setattr(tf.io.gfile, "rename", no_space)
    monkeypatch.setattr(tf.summary, "create_file_writer", no_space)
