"""Links from names in the text, such as `CAE` or `keras.Model`, to their pages.

Sphinx would look up the names of other libraries in inventories that it downloads. The
documentation is built offline, and neither Keras nor TensorFlow has an inventory, so the
addresses are made here: for Keras from a table, for the others by a rule. The build does
not check them. A name of Keras that is missing from the table links to its module's page.
"""

import builtins
import importlib
import re
from collections import Counter

from docutils import nodes
from sphinx.addnodes import desc, pending_xref

import keras_cae

KERAS_PAGES = {
    "keras": "",
    "keras.Model": "models/model/",
    "keras.Model.compile": "models/model_training_apis/",
    "keras.Model.evaluate": "models/model_training_apis/",
    "keras.Model.fit": "models/model_training_apis/",
    "keras.Model.predict": "models/model_training_apis/",
    "keras.Sequential": "models/sequential/",
    "keras.backend.clear_session": "utils/config_utils/",
    "keras.callbacks": "callbacks/",
    "keras.callbacks.BackupAndRestore": "callbacks/backup_and_restore/",
    "keras.callbacks.Callback": "callbacks/base_callback/",
    "keras.callbacks.EarlyStopping": "callbacks/early_stopping/",
    "keras.callbacks.ModelCheckpoint": "callbacks/model_checkpoint/",
    "keras.callbacks.ReduceLROnPlateau": "callbacks/reduce_lr_on_plateau/",
    "keras.callbacks.TensorBoard": "callbacks/tensorboard/",
    "keras.config.set_dtype_policy": "mixed_precision/policy/",
    "keras.datasets": "datasets/",
    "keras.layers": "layers/",
    "keras.layers.BatchNormalization": "layers/normalization_layers/batch_normalization/",
    "keras.layers.GaussianNoise": "layers/regularization_layers/gaussian_noise/",
    "keras.layers.GlobalAveragePooling2D": "layers/pooling_layers/",
    "keras.layers.Layer": "layers/base_layer/",
    "keras.layers.Normalization": "layers/preprocessing_layers/numerical/normalization/",
    "keras.layers.PReLU": "layers/activation_layers/prelu/",
    "keras.layers.Pipeline": "layers/preprocessing_layers/image_augmentation/pipeline/",
    "keras.losses": "losses/",
    "keras.metrics": "metrics/",
    "keras.metrics.Mean": "metrics/metrics_wrappers/",
    "keras.metrics.Metric": "metrics/base_metric/",
    "keras.ops": "ops/",
    "keras.ops.image": "ops/image/",
    "keras.optimizers": "optimizers/",
    "keras.optimizers.Adam": "optimizers/adam/",
    "keras.optimizers.schedules": "optimizers/learning_rate_schedules/",
    "keras.random": "random/",
    "keras.saving": "models/model_saving_apis/",
    "keras.utils": "utils/",
    "keras.utils.PyDataset": "utils/python_utils/",
    "keras.utils.image_dataset_from_directory": "data_loading/image/",
    "keras.utils.set_random_seed": "utils/python_utils/",
    "keras_tuner": "",
    "keras_tuner.HyperModel": "hypermodels/base_hypermodel/",
    "keras_tuner.Objective": "tuners/objective/",
}
"""The pages of names of Keras and KerasTuner below their references at keras.io."""
NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
LIBRARIES = [
    "keras",
    "keras_tuner",
    "matplotlib",
    "np",
    "numpy",
    "pandas",
    "sklearn",
    "tf",
    "typing",
]


def known_names():
    """Map names in the text to entries of the API, and short ones to Keras's callbacks.

    A name is written with its namespace, as in `models.CAE`, or without it, as in `CAE`,
    if only one namespace contains it.
    """
    entries = {
        f"{namespace}.{name}"
        for namespace in keras_cae.NAMESPACES
        for name in importlib.import_module(f"keras_cae.{namespace}").__all__
    }
    shortened = Counter(entry.rpartition(".")[2] for entry in entries)
    callbacks = [name for name in KERAS_PAGES if name.startswith("keras.callbacks.")]
    targets = {name.rpartition(".")[2]: name for name in callbacks}
    targets["recommended_dtype_policy"] = "keras_cae.recommended_dtype_policy"
    for entry in entries:
        name = entry.rpartition(".")[2]
        targets[f"keras_cae.{entry}"] = targets[entry] = f"keras_cae.{entry}"
        # A word in small letters, such as `history`, is mostly a variable in the text.
        if shortened[name] == 1 and (name[0].isupper() or "_" in name):
            targets[name] = f"keras_cae.{entry}"
    return targets


def longest_part(name, table):
    """Return the longest beginning of a dotted name that is in a table, and the rest."""
    rest = ""
    while name and name not in table:
        name, dot, last = name.rpartition(".")
        rest = f"{dot}{last}{rest}"
    return name, rest


def target_of(code, known):
    """Return the name to which code links: `keras.Model` for `keras.Model()`. Or None."""
    match = NAME.match(code)
    if not match or code[match.end() : match.end() + 1] not in ("", "("):
        return None
    name = match.group()
    if name.partition(".")[0] in LIBRARIES and "." in name:
        return name
    start, rest = longest_part(name, known)
    return known[start] + rest if start else None


def address_of(name):
    """Return the web page of a name of another library, or None."""
    library, _, inner = name.partition(".")
    if library in ("keras", "keras_tuner"):
        reference = "api" if library == "keras" else "keras_tuner/api"
        page = KERAS_PAGES[longest_part(name, KERAS_PAGES)[0]]
        return f"https://keras.io/{reference}/{page}"
    if library == "tf":
        # Members are sections of the page of their class: tf/data/Dataset#list_files.
        page = re.sub(r"(\b[A-Z]\w*)\.", r"\1#", inner).replace(".", "/")
        return f"https://www.tensorflow.org/api_docs/python/tf/{page}"
    if name == "numpy.random.RandomState":
        return f"https://numpy.org/doc/stable/reference/random/legacy.html#{name}"
    if library in ("np", "numpy"):
        return f"https://numpy.org/doc/stable/reference/generated/numpy.{inner}.html"
    if library == "sklearn":
        return f"https://scikit-learn.org/stable/modules/generated/{name}.html"
    if library == "pandas":
        return f"https://pandas.pydata.org/docs/reference/api/{name}.html"
    if library == "matplotlib":
        return f"https://matplotlib.org/stable/api/{name.split('.')[1]}_api.html#{name}"
    if library == "typing":
        return f"https://docs.python.org/3/library/typing.html#{name}"
    if name == "object":
        return f"https://docs.python.org/3/library/functions.html#{name}"
    if name.endswith("Error") and name in vars(builtins):
        return f"https://docs.python.org/3/library/exceptions.html#{name}"
    return None


def described_by(node):
    """The entries of the API within which a node stands."""
    while node := node.parent:
        if isinstance(node, desc):
            yield from (
                name for signature in node.children for name in signature.get("ids", [])
            )


def cells_of_names(document):
    """The texts that fill a cell of a table, such as the names of measured models."""
    for entry in document.findall(nodes.entry):
        texts = list(entry.findall(nodes.Text))
        if len(texts) == 1 and isinstance(texts[0].parent, nodes.paragraph):
            yield texts[0]


def link_names(app, document):
    """Turn names in the text into references."""
    known = known_names()
    codes = [
        (node, target_of(node.astext(), known))
        for node in document.findall(nodes.literal)
    ]
    cells = [(node, known.get(node.astext())) for node in cells_of_names(document)]
    for node, target in codes + cells:
        if (
            target is None
            or isinstance(node.parent, nodes.reference | nodes.title | pending_xref)
            or target in described_by(node)
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
        node.parent.replace(node, link)
        link += node


def resolve(app, env, node, content):
    """Resolve references to other libraries, and to members that have no entry.

    These members link to the entry of their class.
    """
    name = node.get("reftarget", "")
    if node.get("refdomain") != "py":
        return None
    if address := address_of(name):
        return nodes.reference("", "", content, refuri=address, internal=False)
    if name.startswith("keras_cae.") and name.count(".") > 2:
        parent = name.rpartition(".")[0]
        domain = env.domains.python_domain
        return domain.resolve_xref(
            env, node["refdoc"], app.builder, "obj", parent, node, content
        )
    return None


def public_bases(cls):
    """Yield the nearest ancestors of a class that have a public name, under that name."""
    for base in cls.__bases__:
        if name := public_name(base):
            yield name
        else:
            yield from public_bases(base)


def public_name(cls):
    """Return the name under which a class is documented, or None."""
    if cls is tuple:
        return "typing.NamedTuple"  # the only tuples among the public classes
    if cls.__module__ == "builtins":
        return cls.__name__
    library = cls.__module__.partition(".")[0]
    namespaces = {
        "keras": ("layers", "losses", "metrics", "callbacks", "utils", ""),
        "keras_tuner": ("",),
        "keras_cae": keras_cae.NAMESPACES,
        "sklearn": ("base",),
    }
    for namespace in namespaces.get(library, ()):
        module = ".".join(filter(None, (library, namespace)))
        if getattr(importlib.import_module(module), cls.__name__, None) is cls:
            return f"{module}.{cls.__name__}"
    return None


def show_public_bases(_app, _name, cls, _options, bases):
    """Let the API show the public ancestors of a class instead of internal ones."""
    names = dict.fromkeys(public_bases(cls))
    if len(names) > 1:
        names.pop("object", None)
    bases[:] = [f":py:obj:`{name}`" if "." not in name else f"`{name}`" for name in names]


def setup(app):
    app.connect("doctree-read", link_names)
    app.connect("missing-reference", resolve)
    app.connect("autodoc-process-bases", show_public_bases)
    return {"parallel_read_safe": True}
