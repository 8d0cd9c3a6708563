"""Files that are complete at every moment."""

import os

import pytest

from keras_cae.files import write_atomically


@pytest.mark.parametrize("before", [None, "old"])
def test_a_file_takes_the_place_of_the_old_one(tmp_path, before):
    path = tmp_path / "model.keras"
    if before is not None:
        path.write_text(before)
    with write_atomically(path) as unfinished:
        assert (unfinished.parent, unfinished.suffix) == (tmp_path, ".keras")
        unfinished.write_text("new")
        assert path.exists() == (before is not None)
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "state.json"
    path.write_text("old")

    def fail():
        with write_atomically(path) as unfinished:
            unfinished.write_text("ne")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_content_is_on_the_disk_before_it_takes_the_place(tmp_path, monkeypatch):
    done = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (done.append("fsync"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda *paths: (done.append("replace"), replace(*paths)))
    with write_atomically(tmp_path / "state.json") as unfinished:
        unfinished.write_text("new")
    assert done == ["fsync", "replace"]
