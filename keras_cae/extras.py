"""How to install the packages that optional features need."""

import importlib.metadata

EXTRAS = {
    "cli": ("typer", "rich", "scikit-learn"),
    "hub": ("huggingface_hub", "kagglehub"),
    "litert": ("ai-edge-litert",),
    "onnx": ("onnx", "tf2onnx", "onnxruntime"),
    "openvino": ("openvino",),
    "parquet": ("pyarrow",),
    "plots": ("matplotlib",),
    "samplers": ("scikit-learn",),
    "sklearn": ("scikit-learn",),
    "tiff": ("tifffile",),
}
"""The packages of the extras that error messages name, as in pyproject.toml."""


def install_hint(extra: str) -> str:
    """Return a sentence that says how to install the missing packages of an extra.

    The command names the packages, because `pip install "keras-cae[extra]"` would need the package to be on PyPI.

    Args:
        extra: a key of `EXTRAS`.
    """
    missing = [package for package in EXTRAS[extra] if not _is_installed(package)] or EXTRAS[extra]
    return f'Install the extra "{extra}", or only what is missing: pip install {" ".join(missing)}'


def _is_installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
