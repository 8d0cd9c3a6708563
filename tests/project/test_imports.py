"""All public names can be imported first, before or after Keras."""

import importlib
import json
import os
import subprocess
import sys

import keras
import pytest

import keras_cae

NAMESPACES = [f"from keras_cae import {namespace}" for namespace in keras_cae.NAMESPACES]
CLASSES = "[name for name in keras.saving.get_custom_objects() if name.startswith('keras_cae>')]"

# Keras takes seconds to import. Here it is imported once, and each statement runs in a fork of the process, in which
# `import keras` runs keras/__init__.py again, and with it the hooks that wait for this import.
EACH_IN_A_FORK = """
import json, os, sys, traceback
import keras

def status_of(statement):
    try:
        del sys.modules["keras"]
        exec(statement)
        import keras
        registered = keras.saving.get_custom_objects()
        missing = [name for name in expected if name not in registered]
        assert not missing, f"not registered: {missing}"
        return 0
    except BaseException:
        traceback.print_exc()
        return 1

statements, expected = json.load(sys.stdin)
assert not any(name.startswith("keras_cae") for name in sys.modules)
failed = []
for statement in statements:
    child = os.fork()
    if child == 0:
        os._exit(status_of(statement))
    if os.waitpid(child, 0)[1]:
        failed.append(statement)
print(json.dumps(failed))
"""


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")


def run(code, stdin=""):
    """Run code in a new interpreter outside the checkout."""
    result = subprocess.run([sys.executable, "-c", code], input=stdin, capture_output=True, text=True, cwd="/")
    assert result.returncode == 0, result.stderr
    return result


def registered_classes():
    """The registered names of all classes of the library, imported in this process."""
    for namespace in keras_cae.NAMESPACES:
        importlib.import_module(f"keras_cae.{namespace}")
    objects = keras.saving.get_custom_objects().items()
    return [name for name, cls in objects if getattr(cls, "__module__", "").startswith("keras_cae.")]


def names():
    namespaces = [importlib.import_module(f"keras_cae.{namespace}") for namespace in keras_cae.NAMESPACES]
    # A namespace imports all of its names at once, so one name is enough.
    return [f"from {module.__name__} import {module.__all__[-1]}" for module in namespaces]


def failing(statements):
    result = run(EACH_IN_A_FORK, json.dumps([statements, registered_classes()]))
    return json.loads(result.stdout.splitlines()[-1]), result.stderr


@needs_fork
def test_some_namespaces():
    missing = "from keras_cae.metrics import Nothing"
    failed, errors = failing([*NAMESPACES[::4], missing])
    assert failed == [missing], errors


@needs_fork
@pytest.mark.slow
def test_every_namespace_and_name():
    failed, errors = failing([*NAMESPACES, *names(), *(f"import keras; {namespace}" for namespace in NAMESPACES)])
    assert not failed, errors


STATEMENTS = (
    "from keras_cae import metrics",
    "import keras_cae, threading; thread = threading.Thread(target=__import__, args=['keras']); "
    "thread.start(); thread.join()",
    "import tensorflow, keras_cae",
    "import keras_cae, tensorflow",
)


@pytest.mark.slow
@pytest.mark.parametrize("statement", STATEMENTS)
def test_in_a_fresh_interpreter(statement):
    result = run(f"{statement}\nimport keras, json\nprint(json.dumps({CLASSES}))")
    assert not set(registered_classes()) - set(json.loads(result.stdout.splitlines()[-1]))
