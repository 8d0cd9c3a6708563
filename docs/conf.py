"""Configuration of the documentation: `sphinx-build --fail-on-warning docs SITE`."""

import inspect
import os
import posixpath
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.append(str(Path(__file__).parent))

from docutils import nodes

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
    "name_links",
]
exclude_patterns = ["_build", "examples"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nitpicky = False

html_theme = "furo"
html_title = "keras_cae"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"show-inheritance": True}
default_role = "code"
napoleon_use_rtype = False
napoleon_attr_annotations = False
napoleon_custom_sections = [
    ("Input shape", "params_style"),
    ("Output shape", "params_style"),
]


def constructor_signature(_app, what, _name, cls, *_):
    """The arguments of `__init__`: Keras's own `__new__` hides them."""
    if what != "class":
        return None
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    plain = [parameter.replace(annotation=parameter.empty) for parameter in parameters]
    return str(inspect.Signature(plain)), None


def link_pictures(app, document):
    """Let pictures that are in no link open in full size."""
    if app.builder.format != "html":
        return
    # Sphinx copies the pictures of all pages into one folder, by the names of the files.
    folder = posixpath.relpath("_images", posixpath.dirname(app.env.docname) or ".")
    for image in list(document.findall(nodes.image)):
        if not isinstance(image.parent, nodes.reference):
            target = posixpath.join(folder, posixpath.basename(image["uri"]))
            link = nodes.reference("", "", refuri=target, classes=["image-reference"])
            image.replace_self(link)
            link.append(image)


def setup(app):
    app.connect("autodoc-process-signature", constructor_signature)
    app.connect("doctree-read", link_pictures)
