"""What is on the disk, and what becomes of a training whose disk is full."""

import os

import pytest
import tensorflow as tf
from event_files import open_files, written

from keras_cae.callbacks.event_writer import EventWriter, open_writer
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


def cut(monkeypatch, kept):
    """Leave only so many bytes of what is written from now on, as a full disk may without a word."""
    check = EventWriter._check_records

    def check_cut(writer, expected):
        os.truncate(writer._file, min(writer._position + kept, writer._file.stat().st_size))
        check(writer, expected)

    monkeypatch.setattr(EventWriter, "_check_records", check_cut)


@pytest.mark.parametrize("kept", [0, 5, 12, 60])
def test_records_that_are_missing_or_cut_off_are_noticed(tmp_path, monkeypatch, kept):
    writer = open_writer(str(tmp_path))
    assert writer.write({"a": scalar(1)}, 0, {})
    cut(monkeypatch, kept)
    with pytest.warns(UserWarning, match=r"is not all on the disk. Is it full\?"):
        assert not writer.write({"a": scalar(2), "b": scalar(3)}, 1, {"file": b""})
    monkeypatch.undo()
    assert not (tmp_path / "file").exists()
    assert writer.write({"a": scalar(4)}, 2, {})
    writer.close()
    seen = written(tmp_path)
    assert seen["a"] == ({0: 1.0, 2: 4.0} if kept < 60 else {0: 1.0, 1: 2.0, 2: 4.0})
    assert "b" not in seen
    assert len(events(tmp_path)) == 2, "behind a broken record nothing would be read"


def test_a_file_that_was_deleted_is_made_anew(tmp_path):
    writer = open_writer(str(tmp_path))
    events(tmp_path)[0].unlink()
    with pytest.warns(UserWarning, match="could not be written to"):
        assert not writer.write({"a": scalar(1)}, 0, {})
    assert writer.write({"a": scalar(1)}, 1, {})
    writer.close()
    assert written(tmp_path) == {"a": {1: 1.0}}


def test_a_writer_that_fails_is_not_left_behind(tmp_path, monkeypatch):
    """Or else what others write would fail, too."""

    def full():
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    writer = open_writer(str(tmp_path))
    monkeypatch.setattr(writer._writer, "flush", full)
    with pytest.warns(UserWarning, match="No space left on device"):
        writer.write({"a": scalar(1)}, 0, {})
    assert not tf.summary.write("other", 1.0, step=0), "there is no writer"
    writer.close()


def test_files_that_fail_leave_nothing_behind(tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise tf.errors.ResourceExhaustedError(None, None, "{{node}} /logs; No space left on device\n\tdetails")

    writer = open_writer(str(tmp_path))
    monkeypatch.setattr(tf.io.gfile, "rename", full)
    with pytest.warns(UserWarning, match=r"written to: /logs; No space left on device\. Training goes on"):
        assert not writer.write({}, 0, {"file": b"content"})
    assert not writer.write({}, 1, {"file": b"content"}), "without another warning"
    writer.close()
    assert list(tmp_path.iterdir()) == []
