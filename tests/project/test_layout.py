"""The modules of the package: their location, their length and their imports."""

import ast
import graphlib
from pathlib import Path

import pytest

import keras_cae
from keras_cae import callbacks

PACKAGE, CALLBACKS = Path(keras_cae.__file__).parent, Path(callbacks.__file__).parent
MODULES = {
    ".".join((name, *path.relative_to(folder).with_suffix("").parts)).removesuffix(".__init__"): path
    for name, folder in (("keras_cae", PACKAGE), ("keras_cae.callbacks", CALLBACKS))
    for path in sorted(folder.rglob("*.py"))
}
OF_THE_PACKAGE_ITSELF = {"backend", "fastest_policy", "registration", "version"}
LONGEST = 400


def imported(path):
    """The modules of the package that a module imports at import time."""
    found, statements = set(), list(ast.parse(path.read_text()).body)
    while statements:
        statement = statements.pop()
        if isinstance(statement, ast.Import):
            found.update(alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            found.update(
                submodule if (submodule := f"{statement.module}.{alias.name}") in MODULES else statement.module
                for alias in statement.names
            )
        elif isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            statements.extend(statement.orelse)
        elif not isinstance(statement, ast.FunctionDef):
            statements.extend(part for part in ast.iter_child_nodes(statement) if isinstance(part, ast.stmt))
    return found & set(MODULES)


IMPORTS = {module: imported(path) for module, path in MODULES.items()}


def package_of(module):
    return module.split(".")[1]


@pytest.mark.parametrize(
    "module", [module for module, path in MODULES.items() if path.parent == PACKAGE and module != "keras_cae"]
)
def test_a_module_at_the_top_serves_several_packages(module):
    users = {package_of(user) for user, modules in IMPORTS.items() if module in modules and user != "keras_cae"}
    assert len(users) > 1 or package_of(module) in OF_THE_PACKAGE_ITSELF, f"{module} is used in {users} only: move it"


def test_no_module_imports_itself_by_way_of_others():
    order = list(graphlib.TopologicalSorter(IMPORTS).static_order())
    assert set(order) == set(MODULES)


def test_every_module_can_be_read_in_one_go():
    lengths = {module: len(path.read_text().splitlines()) for module, path in MODULES.items()}
    assert {module: length for module, length in lengths.items() if length > LONGEST} == {}
