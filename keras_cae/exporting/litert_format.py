"""The LiteRT format, formerly TensorFlow Lite."""

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_cae.exporting.file_format import FileFormat, Run, as_saved_model, is_installed
from keras_cae.exporting.served import Served
from keras_cae.layers.volume_pooling import pooling_by_slices

OF_CONVERTER = (
    "optimizations",
    "representative_dataset",
    "allow_custom_ops",
    "inference_input_type",
    "inference_output_type",
    "experimental_new_quantizer",
)
"""The attributes of the converter that are options of `export`."""
UNKNOWN_OPERATION = re.compile(r"\btf\.(\w+)")
REFUSED_OPERATION = re.compile(r"'tf\.(\w+)' op is neither")


class LiteRTFormat(FileFormat):
    """A file for phones and small devices, in float32 or quantized to 8-bit integers."""

    name = "litert"
    title = "LiteRT"
    suffix = ".tflite"
    runtimes = ("ai_edge_litert", "tensorflow.lite")
    extra = "litert"
    options = OF_CONVERTER

    def write(self, served: Served, path: Path, options: dict[str, Any]) -> None:
        with pooling_by_slices(), as_saved_model(served) as folder:  # LiteRT does not support 3D pooling
            converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=["serve"])
            if "representative" in options:
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
                converter.representative_dataset = lambda: _named(served, options["representative"])
            for name in self.options:
                if name in options:
                    setattr(converter, name, options[name])
            try:
                with warnings.catch_warnings():
                    # The converter uses the deprecated interpreter for calibration.
                    warnings.filterwarnings("ignore", r"\s*Warning: tf\.lite\.Interpreter is deprecated")
                    content = converter.convert()
            except Exception as error:
                operations = _unknown_operations(str(error))
                raise self.impossible(served, operations, error) from error
        path.write_bytes(content)

    def load(self, path: Path) -> Run:
        if is_installed("ai_edge_litert"):
            from ai_edge_litert.interpreter import Interpreter
        else:
            Interpreter = tf.lite.Interpreter  # noqa: N806  # a class
        # Load a copy into memory, because the file is moved to its final path in the meantime.
        interpreter = Interpreter(model_content=path.read_bytes())
        runner = interpreter.get_signature_runner("serve")
        (images,) = runner.get_input_details()
        return lambda batch: runner(**{images: batch})


def _named(served: Served, batches: list[np.ndarray]) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    for batch in batches:
        yield "serve", {served.input_name: batch}


def _unknown_operations(message: str) -> list[str]:
    """Return the operations that the converter reports as unsupported."""
    details = message.split("Details:")[-1] if "Details:" in message else ""
    refused = REFUSED_OPERATION.findall(message)
    return refused + [name for name in UNKNOWN_OPERATION.findall(details) if name != "entry_function"]
