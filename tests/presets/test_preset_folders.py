"""Presets: complete folders, identical weights after loading, and errors for damaged files."""

import json
import pathlib
import sys
import types

import keras
import numpy as np
import pytest
from checks import check_table, slow_but

import keras_cae
from keras_cae.files import DiskFullError
from keras_cae.models import CAE, BasicCAE, DenoisingCAE, PyramidCAE
from keras_cae.presets import bundled

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 9, 12, 2), dtype="uint8")
FILES = ["README.md", "config.json", "metadata.json", "model.weights.h5"]
MODELS = {
    "AdversarialCAE": {"latent_dim": 3, "filters": (2,)},
    "BasicCAE": {"latent_dim": 3, "filters": (2,), "corruption": keras.layers.GaussianNoise(0.1, seed=1)},
    "BatchNormPoolCAE": {"latent_dim": 3, "filters": (2,)},
    "BlindSpotCAE": {"filters": (2, 3), "convs_per_level": 1, "seed": 1},
    "DenoisingCAE": {"filters": (2, 3), "convs_per_level": 1, "dtype": "mixed_bfloat16"},
    "MaskedCAE": {"latent_dim": 3, "filters": (4,), "seed": 1},
    "ResidualCAE": {"latent_dim": 3, "filters": (4,)},
    "SkipConnectionCAE": {"latent_dim": 3, "filters": (2, 3, 4), "activation": keras.layers.PReLU()},
    "VariationalCAE": {"latent_dim": 3, "filters": (2,), "normalizer": keras.layers.Normalization()},
    "VectorQuantizedCAE": {"codebook_size": 8, "code_dim": 3, "filters": (2,)},
    "WassersteinCAE": {"latent_dim": 3, "filters": (2,)},
}


@keras.saving.register_keras_serializable(package="tests")
class OwnCAE(BasicCAE):
    """A user-defined class."""


def own_networks():
    encoder = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)])
    return CAE(encoder, keras.Sequential([keras.layers.Dense(216), keras.layers.Reshape((9, 12, 2))]))


def trained(model):
    model.compile("adam", "mse")
    model.fit(IMAGES, batch_size=4, verbose=0)
    return model


@pytest.fixture(scope="module")
def basic():
    return trained(BasicCAE(3, filters=(2,)))


@pytest.fixture
def folder(basic, tmp_path):
    basic.save_to_preset(tmp_path / "basic", description="Makes *small* codes.")
    return tmp_path / "basic"


def plain(config):
    return json.loads(json.dumps(config))


def check_same(model, loaded):
    assert type(loaded) is type(model)
    assert not loaded.compiled
    assert plain(loaded.get_config()) == plain(model.get_config())
    assert loaded._gate.dtype == "uint8"
    for weight, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)
    np.testing.assert_array_equal(model.predict(IMAGES, verbose=0), loaded.predict(IMAGES, verbose=0))


@pytest.mark.tables
def test_every_architecture_is_tried():
    where = "MODELS in tests/presets/test_preset_folders.py, with the arguments of a small model"
    check_table({*keras_cae.models.__all__} - {"CAE", "PyramidCAE"}, MODELS, where)


@pytest.mark.parametrize("name", slow_but(("DenoisingCAE",), MODELS))
def test_models_reload_to_the_same_bits(name, tmp_path):
    keras.utils.set_random_seed(0)
    model = trained(getattr(keras_cae.models, name)(**MODELS[name]))
    model.save_to_preset(tmp_path / "preset")
    check_same(model, type(model).from_preset(tmp_path / "preset"))


@pytest.mark.parametrize("make", [lambda: OwnCAE(3, filters=(2,)), own_networks], ids=["own class", "own networks"])
def test_own_models(make, tmp_path):
    model = trained(make())
    model.save_to_preset(tmp_path / "own")
    check_same(model, CAE.from_preset(str(tmp_path / "own")))


def test_the_folder(basic, folder):
    assert sorted(file.name for file in folder.iterdir()) == FILES
    config = json.loads((folder / "config.json").read_text())
    assert (config["registered_name"], config["class_name"]) == ("keras_cae>BasicCAE", "BasicCAE")
    assert config["config"]["latent_dim"] == 3
    assert config["build_config"]["input_shape"] == [None, 9, 12, 2]
    assert config["versions"]["keras_cae"] == keras_cae.__version__
    assert config["images"]["dtype"] == "uint8"
    assert config["description"] in (folder / "README.md").read_text()
    check_same(basic, CAE.from_preset(folder))
    loaded = keras.saving.load_model(folder, compile=False)  # Keras can read it, too.
    check_same(basic, loaded)


def test_the_optimizer_is_left_out(basic, folder, tmp_path):
    basic.save_weights(tmp_path / "all.weights.h5")
    assert (folder / "model.weights.h5").stat().st_size < (tmp_path / "all.weights.h5").stat().st_size
    loaded = CAE.from_preset(folder)
    loaded.compile("adam", "mse")
    loaded.fit(IMAGES, verbose=0)
    assert int(loaded.optimizer.iterations) == 1


def test_fresh_weights(basic, folder):
    fresh = BasicCAE.from_preset(folder, load_weights=False)
    assert fresh.built
    assert fresh.built_shape == basic.built_shape
    assert fresh.get_config() == basic.get_config()
    assert np.ptp(fresh.get_weights()[0] - basic.get_weights()[0]) > 0
    (folder / "model.weights.h5").unlink()
    assert BasicCAE.from_preset(folder, load_weights=False).built


def test_classes(folder):
    assert type(PyramidCAE.from_preset(folder)) is BasicCAE
    with pytest.raises(
        ValueError, match=r"contains a BasicCAE, not a DenoisingCAE. Use BasicCAE.from_preset, or CAE.f"
    ):
        DenoisingCAE.from_preset(folder)
    with pytest.raises(ValueError, match="contains a BasicCAE, not a OwnCAE"):
        OwnCAE.from_preset(folder)


def test_writing_again(basic, folder):
    basic.save_to_preset(folder)
    assert "small" not in (folder / "README.md").read_text()
    check_same(basic, CAE.from_preset(folder))
    assert [path.name for path in folder.parent.iterdir()] == ["basic"]
    (folder / "photograph.jpg").touch()
    with pytest.raises(ValueError, match=r"a new folder, an empty folder.*contains photograph.jpg"):
        basic.save_to_preset(folder)


def test_a_disk_that_is_full_leaves_the_old_folder(basic, folder, monkeypatch):
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    def full(self, *args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("keras_cae.presets.preset_folder.model_card", full)
    with pytest.raises(DiskFullError, match="unchanged"):
        basic.save_to_preset(folder)
    with pytest.raises(DiskFullError):
        basic.save_to_preset(folder.parent / "other")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["basic"]


def test_what_can_not_be_written(basic, tmp_path):
    with pytest.raises(ValueError, match=r"BasicCAE must be built before it can be saved to a preset"):
        BasicCAE(3).save_to_preset(tmp_path / "unbuilt")
    with pytest.raises(ValueError, match="the path of a local folder, got 'hf://user/repo'"):
        basic.save_to_preset("hf://user/repo")
    with pytest.raises(TypeError, match="preset must be the path of a folder"):
        basic.save_to_preset(3)
    with pytest.raises(TypeError, match="description must be a string"):
        basic.save_to_preset(tmp_path / "preset", description=3)
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="got the file"):
        basic.save_to_preset(tmp_path / "file")

    class NotRegistered(BasicCAE):
        pass

    model = NotRegistered(3, filters=(2,))
    model.build((None, 9, 12, 2))
    with pytest.raises(ValueError, match="NotRegistered must be registered"):
        model.save_to_preset(tmp_path / "preset")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


# Damaged and malicious files


def changed(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_damaged_weights(folder):
    path = folder / "model.weights.h5"
    content = path.read_bytes()
    for damaged in (b"", content[:100], content[:-1], content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"is damaged: model.weights.h5 has changed since it was written"):
            CAE.from_preset(folder)
    (folder / "metadata.json").unlink()  # and with it the checksums
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"is damaged: model.weights.h5 can't be read"):
        CAE.from_preset(folder)
    path.unlink()
    with pytest.raises(ValueError, match=r"is damaged: there is no model.weights.h5"):
        CAE.from_preset(folder)


@pytest.mark.parametrize("name", ["config.json", "metadata.json"])
def test_damaged_texts(folder, name):
    content = (folder / name).read_bytes()
    for damaged in (b"", content[: len(content) // 2], b"\xff\xfe\0", b"[]", b"[" * 100_000):
        (folder / name).write_bytes(damaged)
        with pytest.raises(ValueError, match="is damaged"):
            CAE.from_preset(folder)


def test_configurations_that_were_changed(folder):
    changed(folder / "config.json", lambda config: config["config"].update(latent_dim=4))
    with pytest.raises(ValueError, match=r"config.json has changed since it was written. If you changed it on purpose"):
        CAE.from_preset(folder)
    changed(folder / "metadata.json", lambda metadata: metadata["sha256"].pop("config.json"))
    with pytest.raises(ValueError, match=r"model.weights.h5 can't be read"):
        CAE.from_preset(folder)
    changed(folder / "config.json", lambda config: config["config"].update(filters=[-1]))
    with pytest.raises(ValueError, match=r"no BasicCAE can be created from config.json \("):
        CAE.from_preset(folder)
    changed(folder / "config.json", lambda config: config.update(build_config=None, versions={"keras_cae": "9.0"}))
    with pytest.raises(ValueError, match=r"which keras_cae 9.0 wrote"):
        CAE.from_preset(folder)
    changed(folder / "config.json", lambda config: config.update(registered_name="nobody>CAE"))
    with pytest.raises(ValueError, match="'nobody>CAE', which is not registered"):
        CAE.from_preset(folder)


@pytest.mark.parametrize("seeds", slow_but([range(4)], [range(4), range(4, 60)]), ids=str)
@pytest.mark.parametrize("name", FILES[1:])
def test_random_damage_is_refused_or_has_no_effect(basic, folder, name, seeds):
    content = (folder / name).read_bytes()
    for seed in seeds:
        generator = np.random.default_rng(seed)
        damaged = bytearray(content)
        damaged[generator.integers(len(content))] ^= 1 << int(generator.integers(8))
        (folder / name).write_bytes(damaged if seed % 4 else damaged[: generator.integers(len(content))])
        try:
            loaded = CAE.from_preset(folder)
        except ValueError:
            continue
        check_same(basic, loaded)


@pytest.mark.parametrize("place", ["outside", "inside"])
def test_no_code_of_others_runs(folder, tmp_path, monkeypatch, place):
    (tmp_path / "malicious.py").write_text("open('traces', 'w')\nclass CAE: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    code = {"module": "malicious", "class_name": "CAE", "config": {}, "registered_name": "CAE"}
    function = keras.layers.Lambda(lambda images: pathlib.Path("traces").touch())
    hidden = keras.saving.serialize_keras_object(function) if place == "outside" else code
    changed(folder / "metadata.json", lambda metadata: metadata.pop("sha256"))

    def change(config):
        config["config"]["corruption"] = hidden
        config.update(module="malicious")

    changed(folder / "config.json", change)
    with pytest.raises(ValueError, match="is damaged: no BasicCAE can be created"):
        CAE.from_preset(folder)
    changed(folder / "config.json", lambda config: config.update(code))
    with pytest.raises(ValueError, match="'CAE', which is not registered"):
        CAE.from_preset(folder)
    assert not (tmp_path / "traces").exists()
    assert "malicious" not in sys.modules


def test_other_models(tmp_path, basic):
    dense = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    keras.saving.save_model(dense, tmp_path / "dense", zipped=False)
    with pytest.raises(ValueError, match=r"of the class 'Sequential', which is not registered"):
        CAE.from_preset(tmp_path / "dense")


# Names and handles


def test_bundled_presets(basic, tmp_path, monkeypatch):
    monkeypatch.setattr(bundled, "ROOT", tmp_path)
    basic.save_to_preset(tmp_path / "small-codes", description="Small.")
    expected = {"small-codes": {"class": "BasicCAE", "description": "Small.", "input_shape": (None, 9, 12, 2)}}
    assert CAE.presets == BasicCAE.presets == basic.presets == expected
    assert DenoisingCAE.presets == {}
    check_same(basic, CAE.from_preset("small-codes"))
    with pytest.raises(
        ValueError, match=r"There is no preset '\.\./small-codes'.*the name of a bundled preset: 'small-codes'"
    ):
        CAE.from_preset("../small-codes")


def test_every_bundled_preset_loads():
    for name, summary in CAE.presets.items():
        model = CAE.from_preset(name)
        assert model.built_shape == summary["input_shape"]
        assert (bundled.ROOT / name / "model.weights.h5").stat().st_size < 3_000_000


@pytest.mark.parametrize("preset", ["", "nothing", "no/such/folder", "s3://bucket/model"])
def test_no_preset(preset, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=f"There is no preset '{preset}'" if preset else "is not a preset|There is no"):
        CAE.from_preset(preset)


def test_wrong_values(folder, tmp_path):
    with pytest.raises(TypeError, match="preset must be a name"):
        CAE.from_preset(3)
    with pytest.raises(ValueError, match="load_weights must be True or False"):
        CAE.from_preset(folder, load_weights="yes")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"is not a preset, because it has no config.json"):
        CAE.from_preset(tmp_path / "empty")
    for handle in ("hf://", "hf://user", "hf://a/b/c", "kaggle://user/model"):
        with pytest.raises(ValueError, match="preset must have the form"):
            CAE.from_preset(handle)


def test_hugging_face(basic, folder, monkeypatch):
    asked = []
    load = keras.saving.load_model
    monkeypatch.setattr(
        keras.saving, "load_model", lambda handle, **given: asked.append(handle) or load(folder, **given)
    )
    check_same(basic, BasicCAE.from_preset("hf://user/model"))
    assert not BasicCAE.from_preset("hf://user/model", load_weights=False).compiled
    with pytest.raises(ValueError, match="'hf://user/model' contains a BasicCAE, not a DenoisingCAE"):
        DenoisingCAE.from_preset("hf://user/model")
    assert asked == 3 * ["hf://user/model"]


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        (ImportError("no huggingface_hub"), ImportError, 'the extra "hub".*pip install huggingface_hub'),
        (ConnectionError("Name or service not known"), OSError, "Check its name, the network connection"),
        (ValueError("nothing of the kind"), ValueError, r"can't be loaded.*nothing of the kind"),
    ],
)
def test_hugging_face_that_fails(monkeypatch, error, expected, words):
    def fail(handle, **given):
        raise error

    monkeypatch.setattr(keras.saving, "load_model", fail)
    with pytest.raises(expected, match=words):
        CAE.from_preset("hf://user/model")


def test_kaggle(basic, folder, monkeypatch):
    asked = []
    download = lambda model: asked.append(model) or str(folder)  # noqa: E731
    monkeypatch.setitem(sys.modules, "kagglehub", types.SimpleNamespace(model_download=download))
    check_same(basic, CAE.from_preset("kaggle://user/model/keras/small"))
    assert asked == ["user/model/keras/small"]

    def fail(model):
        raise ConnectionError("Name or service not known")

    monkeypatch.setitem(sys.modules, "kagglehub", types.SimpleNamespace(model_download=fail))
    with pytest.raises(OSError, match="Check its name, the network connection"):
        CAE.from_preset("kaggle://user/model/keras/small")
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(ImportError, match=r'the extra "hub".*pip install .*kagglehub'):
        CAE.from_preset("kaggle://user/model/keras/small")
