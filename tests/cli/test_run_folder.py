"""The folders of runs."""

import pytest

from keras_cae.cli.run_folder import check_free, make_run_folder


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    """An empty folder as the current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_run_gets_a_new_number(empty_folder):
    names = [make_run_folder(None, "digits-basic").path.as_posix() for _ in range(3)]
    assert names == [f"runs/digits-basic-{number}" for number in (1, 2, 3)]
    assert make_run_folder(None, "mnist-basic").path.name == "mnist-basic-1"
    (empty_folder / "runs" / "mnist-basic-2").touch()
    assert make_run_folder(None, "mnist-basic").path.name == "mnist-basic-3"


def test_a_folder_of_ones_own(empty_folder):
    folder = make_run_folder(empty_folder / "a" / "b", "digits-basic")
    assert folder.path.is_dir()
    assert folder.model == empty_folder / "a" / "b" / "model.keras"
    assert make_run_folder(folder.path, "digits-basic") == folder, "it is still empty"


def test_what_is_there_is_never_touched(empty_folder):
    folder = make_run_folder(empty_folder / "run", "digits-basic")
    folder.model.write_text("precious")
    for out, kind in [(folder.path, "a folder that is not empty"), (folder.model, "a file")]:
        with pytest.raises(
            FileExistsError, match=f"must be a new folder, got .*, which is {kind}. Choose another name"
        ):
            make_run_folder(out, "digits-basic")
        with pytest.raises(FileExistsError):
            check_free(out)
    assert folder.model.read_text() == "precious"


def test_a_folder_that_cannot_be_made(empty_folder):
    (empty_folder / "file").touch()
    with pytest.raises(OSError, match=r"file/run' can't be created .*--out"):
        make_run_folder(empty_folder / "file" / "run", "digits-basic")


def test_a_folder_that_cannot_be_written_to(empty_folder, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(OSError, match=r"can't be created \(Permission denied\).*--out"):
        make_run_folder(empty_folder / "run", "digits-basic")
