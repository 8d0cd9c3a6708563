"""Damaged and malicious files cause an error and have no other effect.

The slow tests try more seeds: 500 files in all.
"""

import io
import os
import resource
import shutil
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_cae

IMAGES = np.random.default_rng(0).integers(0, 256, (24, 6, 5, 1), dtype="uint8")
FEW, MANY = 4, 21
"""The number of seeds for each kind of damage."""


def write_all(folder):
    keras.utils.set_random_seed(0)
    model = keras_cae.models.BasicCAE(2, filters=(2,))
    model.compile("adam", "mse")
    model.fit(IMAGES, verbose=0)
    model.save(folder / "model.keras")
    model.save_weights(folder / "model.weights.h5")
    np.savez(folder / "images.npz", images=IMAGES)
    np.savez_compressed(folder / "packed.npz", images=IMAGES)
    keras_cae.samplers.NormalSampler().fit(model.encode(IMAGES)).save(folder / "sampler.npz")
    keras_cae.anomaly.AnomalyDetector(model, "mse").calibrate(IMAGES).save(folder / "detector.keras")
    return model


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    write_all(folder)
    return folder


READERS = {
    "model.keras": keras.saving.load_model,
    "detector.keras": keras.saving.load_model,
    "images.npz": keras_cae.datasets.load_images,
    "packed.npz": keras_cae.datasets.load_images,
    "sampler.npz": keras_cae.samplers.NormalSampler.load,
}
OURS = ("images.npz", "packed.npz", "sampler.npz")
"""Files that the library reads itself, with its own errors."""


def flipped(content, generator):
    """Flip one to three bits."""
    damaged = bytearray(content)
    for position in generator.integers(0, len(content), generator.integers(1, 4)):
        damaged[position] ^= 1 << int(generator.integers(8))
    return bytes(damaged)


def truncated(content, generator):
    return content[: generator.integers(0, len(content))]


def zeroed(content, generator):
    """Replace a part by zeros, as with a lost block of a disk."""
    start = int(generator.integers(len(content)))
    length = int(generator.integers(1, 600))
    return content[:start] + bytes(min(length, len(content) - start)) + content[start + length :]


def rewritten(content, change):
    """Apply `change` to the members of an archive. It yields pairs of names and contents."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in archive.namelist():
            for member in change(name, archive.read(name)):
                new.writestr(*member)
    return target.getvalue()


TRICKS = {
    "absolute": lambda folder: lambda name, data: [(name, data), (f"{folder}/escaped/{name}", data)],
    "upwards": lambda folder: lambda name, data: [(name, data), (f"../escaped/{name}", data)],
    "renamed upwards": lambda folder: lambda name, data: [(f"../escaped/{name}", data)],
    "backslashes": lambda folder: lambda name, data: [(name, data), (f"..\\escaped\\{name}", data)],
    "twice": lambda folder: lambda name, data: [(name, data), (name, b"other")],
    "twice, the other first": lambda folder: lambda name, data: [(name, b"other"), (name, data)],
    "empty members": lambda folder: lambda name, data: [(name, b"")],
    "no members": lambda folder: lambda name, data: [],
}


def read(name, path):
    """The result of reading a file, or None if there is an error."""
    try:
        return READERS[name](path)
    except ValueError:
        return None
    except Exception:  # Reading damaged files of Keras raises many kinds of errors.
        if name in OURS:
            raise
        return None


def check_damaged(files, folder, damage, name, seed):
    path = folder / name
    path.write_bytes(damage((files / name).read_bytes(), np.random.default_rng(seed)))
    before = sorted(folder.parent.rglob("*"))
    result = read(name, path)
    assert sorted(folder.parent.rglob("*")) == before
    if name in ("images.npz", "packed.npz") and result is not None:
        np.testing.assert_array_equal(result.images, IMAGES)  # The damaged part does not contain images.


@pytest.mark.parametrize("name", READERS)
def test_damage(files, tmp_path, name):
    for seed in range(FEW if name in OURS else 1):
        check_damaged(files, tmp_path, flipped, name, seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("damage", [flipped, truncated, zeroed])
def test_more_damage(files, tmp_path, damage, name):
    for seed in range(FEW, FEW + (2 * MANY if name in OURS else MANY)):
        check_damaged(files, tmp_path, damage, name, seed)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["model.keras", "images.npz", "sampler.npz"])
@pytest.mark.parametrize("trick", TRICKS)
def test_archives_write_nothing_beside_themselves(files, tmp_path, trick, name):
    inner = tmp_path / "inner"
    inner.mkdir()
    path = inner / name
    path.write_bytes(rewritten((files / name).read_bytes(), TRICKS[trick](tmp_path)))
    read(name, path)
    assert not list(tmp_path.rglob("escaped*"))
    assert [child.name for child in inner.iterdir()] == [name]


def members_of_a_bomb():
    """The header of an array of 4 TB."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (4000, 32_768, 32_768)}
    )
    return header.getvalue()


@pytest.mark.parametrize("suffix", ["npz", "npy"])
def test_arrays_that_no_memory_holds(tmp_path, suffix):
    path = tmp_path / f"bomb.{suffix}"
    if suffix == "npy":
        path.write_bytes(members_of_a_bomb())
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("images.npy", members_of_a_bomb())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match="GB of memory"):
        keras_cae.datasets.load_images(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


@pytest.mark.parametrize("name", ["sampler.npz"])
def test_a_sampler_that_no_memory_holds(files, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(
        rewritten((files / name).read_bytes(), lambda n, d: [(n, members_of_a_bomb() if "mean" in n else d)])
    )
    with pytest.raises(ValueError, match=r"path must be a file that NormalSampler.save wrote"):
        keras_cae.samplers.NormalSampler.load(path)


@pytest.mark.slow
def test_weights_that_are_damaged_never_end_the_process(files, tmp_path):
    """Run in a separate process, because the HDF5 library is written in C and might crash."""
    shutil.copy(files / "model.weights.h5", tmp_path / "good.weights.h5")
    code = textwrap.dedent(
        """
        import sys, numpy as np, keras_cae
        sys.path[:0] = sys.argv[2:]
        from test_damaged_files import flipped, truncated, zeroed
        content = open(sys.argv[1] + "/good.weights.h5", "rb").read()
        model = keras_cae.models.BasicCAE(2, filters=(2,))
        model.build((None, 6, 5, 1))
        tried = 0
        for damage in (flipped, truncated, zeroed):
            for seed in range(20):
                path = sys.argv[1] + "/bad.weights.h5"
                open(path, "wb").write(damage(content, np.random.default_rng(seed)))
                try:
                    model.load_weights(path)
                except Exception as error:
                    assert str(error) or type(error)
                tried += 1
        print(tried)
        """
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), *map(str, Path(__file__).parents[:2])],
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert result.stdout.split()[-1] == "60"
