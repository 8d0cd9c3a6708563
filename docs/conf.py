"""Configuration of the documentation: `sphinx-build --fail-on-warning docs SITE`."""

import importlib
import inspect
import os
import posixpath
from collections import Counter

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from docutils import nodes
from sphinx.addnodes import pending_xref

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
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"show-inheritance": True}
default_role = "code"
napoleon_use_rtype = False
napoleon_custom_sections = [
    ("Input shape", "params_style"),
    ("Output shape", "params_style"),
]


def linked_names():
    """Map names in the text to API entries: `models.CAE`, and `CAE` if unambiguous."""
    entries = {
        f"{namespace}.{name}"
        for namespace in keras_cae.NAMESPACES
        for name in importlib.import_module(f"keras_cae.{namespace}").__all__
    }
    shortened = Counter(entry.rpartition(".")[2] for entry in entries)
    targets = {}
    for entry in entries:
        name = entry.rpartition(".")[2]
        targets[f"keras_cae.{entry}"] = targets[entry] = f"keras_cae.{entry}"
        if name[0].isupper() and shortened[name] == 1:
            targets[name] = f"keras_cae.{entry}"
    return targets


def link_names(app, document):
    """Link names of the API, such as `CAE` or `datasets.windows`, to their entries."""
    if app.env.docname == "api":
        return
    targets = linked_names()
    for literal in list(document.findall(nodes.literal)):
        target = targets.get(literal.astext().removesuffix("()"))
        if target is None or isinstance(
            literal.parent, nodes.reference | nodes.title | pending_xref
        ):
            continue
        link = pending_xref(
            "",
            refdomain="py",
            reftype="obj",
            reftarget=target,
            refexplicit=True,
            refwarn=True,
            refdoc=app.env.docname,
        )
        literal.replace_self(link)
        link += literal


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
    app.connect("doctree-read", link_names)
    app.connect("autodoc-process-signature", constructor_signature)
    app.connect("doctree-read", link_pictures)
