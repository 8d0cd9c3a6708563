"""Configuration of the documentation: `sphinx-build --fail-on-warning docs SITE`."""

import inspect
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras_cae

project = "keras_cae"
author = "the keras_cae developers"
copyright = "the keras_cae developers"
release = version = keras_cae.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build", "examples"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nitpicky = False

html_theme = "furo"
html_title = "keras_cae"

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"show-inheritance": True}
default_role = "code"
napoleon_use_rtype = False
napoleon_custom_sections = [("Input shape", "params_style"), ("Output shape", "params_style")]


def constructor_signature(_app, what, _name, cls, *_):
    """The arguments of `__init__`: Keras's own `__new__` hides them."""
    if what != "class":
        return None
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    plain = [parameter.replace(annotation=parameter.empty) for parameter in parameters]
    return str(inspect.Signature(plain)), None


def setup(app):
    app.connect("autodoc-process-signature", constructor_signature)
