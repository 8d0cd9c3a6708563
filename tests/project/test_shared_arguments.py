"""Arguments that classes share have the same description."""

import importlib
import inspect
import re

import pytest

import keras_cae

# The arguments whose descriptions begin with the same sentence in all classes, by namespace.
SHARED = {
    "callbacks": ("freq", "log_dir"),
    "layers": ("filters", "kernel_size", "rank"),
    "models": (
        "activation",
        "bottleneck",
        "convs_per_level",
        "corruption",
        "filters",
        "kernel_size",
        "latent_dim",
        "normalizer",
        "output_activation",
        "rank",
        "strides",
        "upsampling",
    ),
}


def described_arguments(cls):
    """The arguments in the docstring of a class, with their descriptions on one line."""
    section = re.search(r"^Args:\n((?:    .*\n|\n)+)", f"{inspect.getdoc(cls)}\n", re.MULTILINE)
    entries = re.findall(r"^    (\*{0,2}\w+): (.*\n(?:        .*\n)*)", section[1] if section else "", re.MULTILINE)
    return {name: " ".join(description.split()) for name, description in entries}


def public_classes(namespace):
    module = importlib.import_module(f"keras_cae.{namespace}")
    return [value for name in module.__all__ if inspect.isclass(value := getattr(module, name))]


@pytest.mark.parametrize("namespace", SHARED)
def test_shared_arguments_are_described_in_one_wording(namespace):
    found = {name: {} for name in SHARED[namespace]}
    for cls in public_classes(namespace):
        for name, description in described_arguments(cls).items():
            if name in found:
                first_sentence = description.split(". ")[0].rstrip(".")
                found[name].setdefault(first_sentence, []).append(cls.__name__)
    for name, wordings in found.items():
        assert len(wordings) == 1, f"{name}: {wordings}"
        assert len(next(iter(wordings.values()))) > 1, f"{name} is shared by no two classes of {namespace}"


@pytest.mark.parametrize("namespace", keras_cae.NAMESPACES)
def test_every_description_of_an_argument_names_its_subject(namespace):
    for cls in public_classes(namespace):
        for name, description in described_arguments(cls).items():
            assert not description.startswith(("of ", "its ", "their ")), f"{cls.__name__}: {name}: {description}"
