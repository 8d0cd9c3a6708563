"""`keras-cae export`."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from keras_cae.cli import options as option
from keras_cae.cli.devices import use_device
from keras_cae.cli.exit_handling import SUCCESS, exit_on_user_errors
from keras_cae.cli.machine_options import Device
from keras_cae.cli.messages import say
from keras_cae.cli.model_options import ModelFile
from keras_cae.cli.quiet_start import import_keras

OutFile = Annotated[
    Path,
    typer.Argument(metavar="OUT", help="The file to write, or the folder of a SavedModel."),
]
Format = Annotated[
    Literal["tf_saved_model", "onnx", "openvino", "litert"] | None,
    typer.Option(
        help="The format of the file.",
        show_default="from the suffix of OUT: .onnx, .xml (OpenVINO), .tflite (LiteRT), else a SavedModel",
        rich_help_panel="Exporting",
    ),
]
Part = Annotated[
    Literal["autoencoder", "encoder", "decoder"] | None,
    typer.Option(help="The part of the model to export.", show_default="autoencoder", rich_help_panel="Exporting"),
]
InputDtype = Annotated[
    Literal["uint8", "uint16", "float32"] | None,
    typer.Option(
        help="The dtype of the input images.",
        show_default="the dtype of the training images",
        rich_help_panel="Exporting",
    ),
]
Quantize = Annotated[
    Literal["int8"] | None,
    typer.Option(help="Quantize the model to 8-bit integers; LiteRT only.", rich_help_panel="Exporting"),
]
RepresentativeImages = Annotated[
    str | None,
    typer.Option(
        "--representative-images",
        metavar="DATA",
        help="Representative images for the calibration of a quantized model: a folder, or an .npy or .npz file.",
        rich_help_panel="Exporting",
    ),
]
Verify = Annotated[
    bool,
    typer.Option(help="Compare the exported model with the original on random images.", rich_help_panel="Exporting"),
]
FORMATS = {".onnx": "onnx", ".xml": "openvino", ".tflite": "litert"}
"""The formats by the suffixes of their files."""


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """The options of `keras-cae export`."""

    model: ModelFile
    out: OutFile
    format: Format = None
    part: Part = None
    input_dtype: InputDtype = None
    quantize: Quantize = None
    representative_images: RepresentativeImages = None
    verify: Verify = True
    device: Device = None
    json: option.AsJSON = False


def export(options: ExportOptions) -> int:
    """Export a model or a detector to a file that runs without this library.

    The file is loaded in its runtime, if that is installed, and compared with the model on random images.
    """
    import_keras()
    with exit_on_user_errors():
        use_device(options.device)
    from keras_cae.cli.saved_model import load_any

    with exit_on_user_errors():
        _, model = load_any(options.model)
        file_format = options.format or FORMATS.get(options.out.suffix, "tf_saved_model")
        report = model.export(
            options.out,
            format=file_format,
            verbose=False,
            input_dtype=options.input_dtype,
            verify=options.verify,
            **_autoencoder_arguments(options, model),
        )
    say(json.dumps(asdict(report)) if options.json else str(report))
    return SUCCESS


def _autoencoder_arguments(options: ExportOptions, model: Any) -> dict[str, Any]:
    """Return the arguments that only autoencoders support."""
    from keras_cae.models import CAE

    every = {"part": options.part, "quantize": options.quantize, "representative_images": options.representative_images}
    given: dict[str, Any] = {name: value for name, value in every.items() if value is not None}
    if given and not isinstance(model, CAE):
        names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise ValueError(
            f"{names}: only supported for autoencoders, but {str(options.model)!r} holds a detector. Omit the options."
        )
    if "representative_images" in given:
        given["representative_images"] = _images(given["representative_images"], model)
    return given


def _images(data: str, model: Any) -> Any:
    """Return images, resized to the size of the model if it is fixed."""
    from keras_cae.datasets import load_images

    *sides, channels = model.built_shape[1:]
    size = tuple(sides) if model.rank == 2 and None not in sides else None
    return load_images(data, image_size=size, channels=channels, rank=model.rank).images
