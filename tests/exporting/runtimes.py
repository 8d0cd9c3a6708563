"""Exported files in their runtimes, loaded in the usual way."""

import numpy as np
import tensorflow as tf


def load_saved_model(path):
    artifact = tf.saved_model.load(str(path))

    def run(batch):
        outputs = artifact.signatures["serving_default"](tf.constant(batch))
        return {name: value.numpy() for name, value in outputs.items()}

    return run


def load_onnx(path):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path))
    (taken,) = session.get_inputs()
    names = [output.name for output in session.get_outputs()]
    return lambda batch: dict(zip(names, session.run(None, {taken.name: batch}), strict=True))


def load_openvino(path):
    import openvino

    model = openvino.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda batch: {output.get_any_name(): np.array(value) for output, value in model(batch).items()}


def load_litert(path):
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(model_path=str(path)).get_signature_runner("serve")
    (name,) = runner.get_input_details()
    return lambda batch: {key: value.copy() for key, value in runner(**{name: batch}).items()}


LOAD = {"tf_saved_model": load_saved_model, "onnx": load_onnx, "openvino": load_openvino, "litert": load_litert}
"""Functions that load a file and return a function from a batch to the outputs by name, by format."""
