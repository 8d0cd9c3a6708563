"""Every public name has an entry in the reference, and every model a row on the page about choosing a model."""

import importlib
import re
from pathlib import Path

import pytest
from checks import check_table

import keras_cae

pytestmark = pytest.mark.tables
ROOT = Path(__file__).parents[2]


def test_every_public_name_has_an_entry():
    entries = set(re.findall(r"^\.\. auto\w+:: (\S+)", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE))
    modules = [importlib.import_module(f"keras_cae.{namespace}") for namespace in keras_cae.NAMESPACES]
    public = {f"{module.__name__}.{name}" for module in modules for name in module.__all__}
    missing = sorted(public - entries)
    assert not missing, f"add '.. autoclass:: {missing[0]}' (or autofunction) to docs/api.md; missing: {missing}"


@pytest.mark.parametrize("page", ["README.md", "docs/models.md"])
def test_every_model_has_a_row(page):
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / page).read_text(), re.MULTILINE)
    check_table(
        {*keras_cae.models.__all__} - {"PyramidCAE"}, {*rows} & {*keras_cae.models.__all__}, f"the table of {page}"
    )
