"""The content of event files, and training on a full disk."""

import pytest
import tensorflow as tf
from event_files import open_files, written
from full_disk import PartialWriter, fill, no_space

from keras_cae.callbacks.event_writer import open_writer
from keras_cae.callbacks.summaries import scalar


def events(folder):
    return sorted(folder.glob("events*"))


def test_callbacks_of_a_folder_share_a_file_until_the_last_one_closes_it(tmp_path):
    one, other = open_writer(str(tmp_path)), open_writer(str(tmp_path))
    assert one is other
    one.write({"a": scalar(1)}, 0, {})
    one.close()
    assert other.write({"b": scalar(2)}, 3, {"folder/file": b"content"})
    assert open_files(tmp_path) == events(tmp_path)
    other.close()
    assert open_files(tmp_path) == []
    assert written(tmp_path) == {"a": {0: 1.0}, "b": {3: 2.0}}
    assert (tmp_path / "folder" / "file").read_bytes() == b"content"
    again = open_writer(str(tmp_path))
    assert again is not one
    again.close()


def test_summaries_are_on_the_disk_at_once(tmp_path):
    writer = open_writer(str(tmp_path))
    writer.write({"a": scalar(1)}, 0, {})
    assert written(tmp_path) == {"a": {0: 1.0}}
    writer.close()


@pytest.mark.parametrize("missing", [1, 5, 60])
def test_a_disk_that_fills_later_costs_one_write_and_a_warning(tmp_path, monkeypatch, missing):
    writer = open_writer(str(tmp_path))
    assert writer.write({"a": scalar(1)}, 0, {})
    with monkeypatch.context() as full:
        full.setattr(writer, "_records", PartialWriter(writer._path, writer._records, missing))
        with pytest.warns(UserWarning, match=r"written to: /logs; No space left on device\. Training continues"):
            assert not writer.write({"a": scalar(2), "b": scalar(3)}, 1, {"file": b""})
        fill(full)
        assert not writer.write({"a": scalar(4)}, 2, {}), "without another warning"
    assert writer.write({"a": scalar(5)}, 3, {})
    writer.close()
    assert not (tmp_path / "file").exists()
    assert written(tmp_path) == {"a": {0: 1.0, 3: 5.0}}
    assert len(events(tmp_path)) == 2, "TensorBoard may have read the broken record"


def test_a_disk_that_is_full_from_the_first_byte_costs_a_warning(tmp_path, monkeypatch):
    with monkeypatch.context() as full:
        full.setattr(tf.io, "TFRecordWriter", PartialWriter)
        with pytest.warns(UserWarning, match=r"No space left on device\. Training continues"):
            writer = open_writer(str(tmp_path))
        assert not writer.write({"a": scalar(1)}, 0, {}), "without another warning"
    assert events(tmp_path) == []
    assert writer.write({"a": scalar(2)}, 1, {})
    writer.close()
    assert written(tmp_path) == {"a": {1: 2.0}}


def test_the_device_that_is_always_full(tmp_path, monkeypatch):
    """The error of TensorFlow on a full disk is recognized as such."""
    records = tf.io.TFRecordWriter
    monkeypatch.setattr(tf.io, "TFRecordWriter", lambda path: records("/dev/full"))
    with pytest.warns(UserWarning, match=r"could not be written to: .*No space left on device"):
        open_writer(str(tmp_path)).close()


def test_a_full_disk_as_python_reports_it(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device", "logs")

    monkeypatch.setattr(tf.io.gfile, "makedirs", full)
    with pytest.warns(UserWarning, match=r"could not be written to: No space left on device\. Training"):
        open_writer(str(tmp_path)).close()


def test_a_file_that_was_deleted_is_followed_by_a_new_one(tmp_path):
    writer = open_writer(str(tmp_path))
    writer.write({"a": scalar(1)}, 0, {})
    events(tmp_path)[0].unlink()
    assert writer.write({"a": scalar(2)}, 1, {})
    writer.close()
    assert written(tmp_path) == {"a": {1: 2.0}}


def test_files_that_fail_leave_nothing_behind(tmp_path, monkeypatch):
    writer = open_writer(str(tmp_path))
    monkeypatch.setattr(tf.io.gfile, "rename", no_space)
    with pytest.warns(UserWarning, match=r"written to: /logs; No space left on device\. Training continues"):
        assert not writer.write({}, 0, {"folder/file": b"content"})
    assert not writer.write({}, 1, {"folder/file": b"content"}), "without another warning"
    writer.close()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
