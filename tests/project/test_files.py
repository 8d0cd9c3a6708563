"""Files that are complete at every moment."""

import os

import pytest

from keras_cae.files import DiskFullError, is_full_disk, write_atomically, write_text


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


def test_a_link_stays_one(tmp_path):
    (tmp_path / "target.json").write_text("old")
    (tmp_path / "link.json").symlink_to("target.json")
    write_text(tmp_path / "link.json", "new")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "target.json").read_text() == "new"


def write_folder(path, content):
    with write_atomically(path) as unfinished:
        (unfinished / "parts").mkdir(parents=True)
        (unfinished / "parts" / "data").write_text(content)
        (unfinished / "index").write_text(content)


def test_folders_take_the_place_of_their_files_only(tmp_path):
    for content in ("old", "new"):
        write_folder(tmp_path / "model", content)
        (tmp_path / "model" / "notes").write_text("mine")
    assert (tmp_path / "model" / "parts" / "data").read_text() == "new"
    assert (tmp_path / "model" / "index").read_text() == "new"
    assert (tmp_path / "model" / "notes").read_text() == "mine"
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


def test_a_full_disk_leaves_the_old_file(small_disk):
    path = small_disk.path / "state.json"
    for before, remains in ((None, ""), ("old", "The existing file is unchanged. ")):
        if before:
            path.write_text(before)
        small_disk.fill(left=8192)
        with pytest.raises(
            DiskFullError, match=rf"disk is full.*state\.json' could not be written\. {remains}Free"
        ) as e:
            write_text(path, "new" * 10_000)
        assert is_full_disk(e.value)
        assert small_disk.files() == (["state.json"] if before else [])
        small_disk.free()
    assert path.read_text() == "old"


def test_a_full_disk_leaves_the_old_folder(small_disk):
    write_folder(small_disk.path / "model", "old")
    small_disk.fill(left=4096)
    with pytest.raises(DiskFullError):
        write_folder(small_disk.path / "model", "new")
    assert small_disk.files() == ["model/index", "model/parts/data"]
    assert (small_disk.path / "model" / "parts" / "data").read_text() == "old"


def test_full_disks_are_told_from_other_errors():
    assert is_full_disk(OSError(28, "No space left on device"))
    assert is_full_disk(RuntimeError("Can't decrement id ref count (errno = 28, 'No space left on device')"))
    assert not is_full_disk(OSError(13, "Permission denied"))
    assert not is_full_disk(ValueError("filters must be positive"))
