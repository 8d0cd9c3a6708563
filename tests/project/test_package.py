"""The installed files, and the modules that an import loads."""

import importlib.metadata
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import keras_cae

ROOT = Path(__file__).parents[2]
OPTIONAL = (
    "keras_tuner",
    "typer",
    "matplotlib",
    "PIL",
    "tensorboard.plugins",
    "tensorboard.plugins.projector",
)


def run(code, **environment):
    """Run code in a new interpreter outside the checkout."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        cwd="/",
    )


def modules_after(code):
    result = run(f"import sys\n{code}\nimport json; print(json.dumps(sorted(sys.modules)))")
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout.splitlines()[-1]))


def test_one_version():
    assert keras_cae.__version__ == importlib.metadata.version("keras-cae")


@pytest.mark.slow
def test_import_is_light():
    plain = modules_after("import keras")
    extra = modules_after("import keras; from keras_cae import models, metrics") - plain
    assert not extra & set(OPTIONAL)
    alone = modules_after("import keras_cae")
    assert not {"keras", "tensorflow"} & alone


@pytest.mark.parametrize("order", ["import keras_cae, keras", "import keras, keras_cae"])
@pytest.mark.slow
def test_classes_are_registered_with_keras_whatever_is_imported_first(order):
    result = run(f"{order}\nprint(keras.saving.get_registered_object('keras_cae>BasicCAE').__name__)")
    assert result.stdout.strip() == "BasicCAE", result.stderr


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"KERAS_BACKEND": "jax"}, "KERAS_BACKEND=tensorflow"),
        ({"KERAS_BACKEND": "torch"}, "'torch'"),
        ({"TF_USE_LEGACY_KERAS": "1"}, "TF_USE_LEGACY_KERAS"),
    ],
)
def test_other_kerases_are_refused_at_once(environment, message):
    result = run("import keras_cae", **environment)
    assert result.returncode == 1
    error = result.stderr.strip().splitlines()[-1]
    assert error.startswith("ImportError: keras_cae needs Keras")
    assert message in error


def test_the_backend_of_the_configuration_file_counts(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    assert "'jax'" in run("import keras_cae", KERAS_HOME=str(tmp_path), KERAS_BACKEND="").stderr
    assert run("import keras_cae", KERAS_HOME=str(tmp_path), KERAS_BACKEND="tensorflow").returncode == 0


@pytest.mark.slow
def test_wheel_and_sdist(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT],
        check=True,
    )
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    assert "keras_cae/callbacks/reconstruction_logger.py" in names
    assert "keras_cae/py.typed" in names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"keras_cae"}
    packages = {str(path.parent.relative_to(ROOT)) for path in ROOT.glob("keras_cae/**/__init__.py")}
    assert packages <= {str(Path(name).parent) for name in names}, "a package is missing from pyproject.toml"


@pytest.mark.slow
def test_sdist(tmp_path):
    code = f"from setuptools.build_meta import build_sdist; build_sdist({str(tmp_path)!r})"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--target", tmp_path / "tools", "setuptools>=77"]
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "tools")}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=environment, capture_output=True)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert "callbacks/reconstruction_logger.py" in names
    assert "keras_cae/py.typed" in names
    assert not any(name.startswith("tests/") for name in names)
