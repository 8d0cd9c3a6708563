"""Description of a saved model and its capabilities."""

import json
import shlex
import zipfile
from pathlib import Path
from typing import Any

from keras_cae.cli.applying.report import shape_text
from keras_cae.cli.run_folder import RunFolder
from keras_cae.cli.saved_model import SavedModel
from keras_cae.kinds import KINDS
from keras_cae.version import __version__

METADATA = "metadata.json"
"""The member of a `.keras` file that contains the date and the Keras version."""


def describe(saved: SavedModel, path: Path) -> dict[str, Any]:
    """Return the output of `keras-cae info` as values for JSON.

    Args:
        saved: the model.
        path: the path on the command line.
    """
    model, detector = saved.autoencoder, saved.detector
    written = _metadata(saved.path)
    about: dict[str, Any] = {
        "model": str(path),
        "file": str(saved.path),
        "bytes": saved.path.stat().st_size,
        "class": type(model).__name__,
        "bottleneck": type(model.bottleneck).__name__,
        "parameters": model.count_params(),
        "rank": model.rank,
        "image_shape": list(model.built_shape[1:]),
        "code_shape": list(model.code_shape),
        "dtype_policy": model.dtype_policy.name,
        "keras_version": written.get("keras_version"),
        "keras_cae_version": __version__,
        "date_saved": str(written["date_saved"]).replace("@", " ") if "date_saved" in written else None,
        "scaling": _scaling(model),
        "resize": saved.resize,
        "detector": None,
        "can": {
            "encode": True,
            "decode": model.decodes_codes_alone,
            "reconstruct": True,
            "sample": model.has_prior,
            "posterior": model.has_posterior,
            "score": detector.calibration.is_done if detector is not None else RunFolder(path).detector.is_file(),
        },
    }
    if detector is not None:
        about["detector"] = {
            "score": type(detector.score).__name__,
            "threshold": float(detector.threshold) if detector.calibration.is_done else None,
        }
    about["next"] = _next(about, path)
    return about


def description_lines(about: dict[str, Any]) -> list[str]:
    """Return a description as lines of text.

    Args:
        about: the result of `describe`.
    """
    kind = KINDS[about["rank"]]
    rows = {
        "Model": about["class"] if about["detector"] is None else f"{about['class']} in an anomaly detector",
        "Bottleneck": about["bottleneck"],
        "Parameters": f"{about['parameters']:,} ({about['bytes'] / 1e6:,.1f} MB on the disk)",
        kind.noun.capitalize(): _shape(about["image_shape"]),
        "Codes": _shape(about["code_shape"]),
        "Values": about["scaling"]["in_words"],
        "Precision": about["dtype_policy"],
        "Saved": f"{about['date_saved'] or 'at an unknown time'}, by Keras {about['keras_version'] or '(unknown)'}",
        "Read by": f"keras_cae {about['keras_cae_version']}",
    }
    if about["detector"] is not None:
        threshold = about["detector"]["threshold"]
        of_detector = "not calibrated" if threshold is None else f"threshold {threshold:.4g}"
        rows["Detector"] = f"{about['detector']['score']}, {of_detector}"
    can = [name for name, able in about["can"].items() if able]
    cannot = [name for name, able in about["can"].items() if not able]
    rows["Can"] = ", ".join(can) + (f" (not: {', '.join(cannot)})" if cannot else "")
    width = max(map(len, rows)) + 2
    return [
        *(f"{name + ':':<{width}}{value}" for name, value in rows.items()),
        "Next:",
        *(f"  {command}" for command in about["next"]),
    ]


def _shape(shape: list[int | None]) -> str:
    words = shape_text(shape)
    return f"{shape[0]} numbers" if len(shape) == 1 and shape[0] is not None else words


def _scaling(model: Any) -> dict[str, Any]:
    """Return how a model interprets the values of images."""
    gate = model._gate
    low, high = gate.span or (None, None)
    if gate.dtype is None:
        words = "integers are scaled to [0, 1] by their dtype, floats are not scaled; not trained yet"
    elif "float" in gate.dtype:
        words = f"floats are not scaled; trained on values from {low:g} to {high:g}"
    else:
        words = f"integers are scaled to [0, 1] by their dtype; trained on {gate.dtype}"
    if model.normalizer is not None:
        words += "; normalized per channel inside the model"
    return {
        "trained_on": gate.dtype,
        "lowest": low,
        "highest": high,
        "normalizer": model.normalizer is not None,
        "in_words": words,
    }


def _next(about: dict[str, Any], path: Path) -> list[str]:
    """Return suggestions for the next command."""
    name, can = shlex.quote(str(path)), about["can"]
    commands = [
        f"keras-cae encode {name} DATA",
        f"keras-cae reconstruct {name} DATA",
        f"keras-cae evaluate {name} DATA",
    ]
    if can["decode"]:
        commands.insert(1, f"keras-cae decode {name} CODES")
    if can["sample"]:
        commands.append(f"keras-cae sample {name} 16")
    if can["score"]:
        commands.append(f"keras-cae score {name} DATA")
    exported = "encoder.onnx --part encoder" if about["detector"] is None else "detector.onnx"
    return [*commands, f"keras-cae export {name} {exported}"]


def _metadata(path: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            return dict(json.loads(archive.read(METADATA)))
    except (KeyError, ValueError, zipfile.BadZipFile):
        return {}
