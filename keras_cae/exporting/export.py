"""Export of autoencoders and detectors to verified files."""

import os
import warnings
from typing import Any

from keras_cae.exporting.file_format import FileFormat
from keras_cae.exporting.litert_format import LiteRTFormat
from keras_cae.exporting.onnx_format import ONNXFormat
from keras_cae.exporting.openvino_format import OpenVINOFormat
from keras_cae.exporting.parts import detector_of, part_of
from keras_cae.exporting.quantization import Representatives, check_quantization
from keras_cae.exporting.report import ExportReport
from keras_cae.exporting.saved_model_format import SavedModelFormat
from keras_cae.exporting.served import Served
from keras_cae.exporting.verification import verify as verify_file
from keras_cae.extras import install_hint
from keras_cae.precision import in_single_precision
from keras_cae.validation import boolean, one_of

FORMATS: dict[str, FileFormat] = {
    file_format.name: file_format
    for file_format in (SavedModelFormat(), ONNXFormat(), OpenVINOFormat(), LiteRTFormat())
}


def export_autoencoder(
    model: Any,
    filepath: Any,
    format: str,
    *,
    part: str,
    input_dtype: str | None,
    input_signature: Any,
    quantize: str | None,
    representative_images: Any,
    verify: bool,
    verbose: bool | None,
    options: dict[str, Any],
) -> ExportReport:
    """Export a part of an autoencoder; see `CAE.export`."""
    file_format = _checked_format(filepath, format, verify, options)
    check_quantization(quantize, representative_images, format)
    served = part_of(model, part, input_dtype, input_signature)
    if not file_format.keeps_precision:
        same = in_single_precision(model)
        served = served if same is model else part_of(same, part, input_dtype, input_signature)
        model = same
    representatives = None
    if quantize is not None:
        representatives = Representatives(model, served, part, representative_images)
        options = {**options, "representative": representatives.one_by_one}
    return _export(served, file_format, filepath, part, model, representatives, verify, verbose, options)


def export_detector(
    detector: Any,
    filepath: Any,
    format: str,
    *,
    input_dtype: str | None,
    input_signature: Any,
    verify: bool,
    verbose: bool | None,
    options: dict[str, Any],
) -> ExportReport:
    """Export a detector; see `AnomalyDetector.export`."""
    file_format = _checked_format(filepath, format, verify, options)
    if not file_format.keeps_precision:
        detector = in_single_precision(detector)
    served = detector_of(detector, input_dtype, input_signature)
    return _export(served, file_format, filepath, "detector", detector.autoencoder, None, verify, verbose, options)


def _checked_format(filepath: Any, format: str, verify: bool, options: dict[str, Any]) -> FileFormat:
    """Return the format with this name, after a check of the arguments."""
    file_format = FORMATS[one_of(format, "format", tuple(FORMATS))]
    boolean(verify, "verify")
    file_format.check(filepath, options)
    return file_format


def _export(
    served: Served,
    file_format: FileFormat,
    filepath: Any,
    part: str,
    autoencoder: Any,
    representatives: Representatives | None,
    verify: bool,
    verbose: bool | None,
    options: dict[str, Any],
) -> ExportReport:
    """Write a temporary file, verify it, and move it to its final path."""
    difference = psnr = loss = None
    can_run = verify and file_format.can_run
    with file_format.files(filepath) as unfinished:
        file_format.write(served, unfinished, options)
        if can_run:
            try:
                run = file_format.load(unfinished)
            except Exception as error:
                raise file_format.impossible(served, file_format.unknown_operations(error), error) from error
            if representatives is None:
                difference = verify_file(served, file_format, run, autoencoder)
            else:
                difference, psnr, loss = representatives.cost(run)
    if verify and not can_run:
        warnings.warn(
            f"The file was not compared with the model, because {' or '.join(file_format.runtimes)} is not installed. "
            f"{install_hint(file_format.extra)}",
            stacklevel=4,
        )
    report = ExportReport(os.fspath(filepath), file_format.name, part, difference, psnr, loss)
    if verbose is not False:
        print(report)
    return report
