"""The ONNX format, written with tf2onnx."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_cae.exporting.file_format import FileFormat, Run
from keras_cae.exporting.served import Served


class ONNXFormat(FileFormat):
    """A file for ONNX Runtime and other software that reads ONNX."""

    name = "onnx"
    title = "ONNX"
    packages = ("onnx", "tf2onnx")
    runtimes = ("onnxruntime",)
    extra = "onnx"
    options = ("opset_version",)

    def write(self, served: Served, path: Path, options: dict[str, Any]) -> None:
        import onnx
        import tf2onnx

        signature = served.signature
        function = tf.function(served.function, input_signature=[signature], autograph=False)
        constants = _captured(function.get_concrete_function())
        logger = logging.getLogger("tf2onnx")
        level = logger.level
        logger.setLevel(logging.CRITICAL)  # errors are raised below
        try:
            model, _ = tf2onnx.convert.from_function(function, [signature], opset=options.get("opset_version"))
        except Exception as error:
            raise self.impossible(served, (), error) from error
        finally:
            logger.setLevel(level)
        _embed(model.graph, constants)
        unknown = {node.op_type for node in _nodes(model.graph) if not onnx.defs.has(node.op_type, node.domain)}
        if unknown:
            raise self.impossible(served, unknown)
        path.write_bytes(model.SerializeToString())

    def load(self, path: Path) -> Run:
        import onnxruntime

        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        (images,) = (taken.name for taken in session.get_inputs())
        return lambda batch: dict(zip(names, session.run(names, {images: batch}), strict=True))


def _captured(function: Any) -> dict[str, np.ndarray]:
    """Return the tensors that a function captures, except for variables, by the names of their graph inputs."""
    values = function.captured_inputs
    inputs = function.inputs[len(function.inputs) - len(values) :]
    return {
        taken.name: value.numpy()
        for taken, value in zip(inputs, values, strict=True)
        if value.dtype not in (tf.resource, tf.variant)
    }


def _embed(graph: Any, constants: dict[str, np.ndarray]) -> None:
    """Replace inputs of a graph by constants."""
    import onnx

    for taken in list(graph.input):
        if taken.name in constants:
            graph.input.remove(taken)
            graph.initializer.append(onnx.numpy_helper.from_array(constants[taken.name], taken.name))


def _nodes(graph: Any) -> Any:
    """Yield the nodes of a graph and of its subgraphs."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for part in (attribute.g, *attribute.graphs):
                yield from _nodes(part)
