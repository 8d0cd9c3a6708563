"""Error messages name the extras of pyproject.toml, and the packages that are missing."""

import re
import tomllib
from pathlib import Path

import pytest

from keras_cae import extras

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("extra", extras.EXTRAS)
def test_packages_are_those_of_the_project_file(extra):
    requirements = PROJECT["optional-dependencies"][extra]
    assert extras.EXTRAS[extra] == tuple(re.match(r"[\w-]+", requirement)[0] for requirement in requirements)


def test_hint_names_only_what_is_missing(monkeypatch):
    monkeypatch.setitem(extras.EXTRAS, "cli", ("numpy", "no-such-package", "another-missing-one"))
    assert extras.install_hint("cli") == (
        'Install the extra "cli", or only what is missing: pip install no-such-package another-missing-one'
    )


def test_hint_names_all_packages_if_they_are_installed_but_broken(monkeypatch):
    monkeypatch.setitem(extras.EXTRAS, "cli", ("numpy", "keras"))
    assert extras.install_hint("cli").endswith("pip install numpy keras")
