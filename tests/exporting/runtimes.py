"""Exported files in their own runtimes, loaded as their users load them."""

import numpy as np
import tensorflow as tf


def run_saved_model(path, batch):
    artifact = tf.saved_model.load(str(path))
    outputs = artifact.signatures["serving_default"](tf.constant(batch))
    return {name: value.numpy() for name, value in outputs.items()}


def run_onnx(path, batch):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path))
    (taken,) = session.get_inputs()
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {taken.name: batch}), strict=True))


def run_openvino(path, batch):
    import openvino

    model = openvino.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return {output.get_any_name(): np.array(value) for output, value in model(batch).items()}


def run_litert(path, batch):
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(model_path=str(path)).get_signature_runner("serve")
    (name,) = runner.get_input_details()
    return runner(**{name: batch})


RUN = {"tf_saved_model": run_saved_model, "onnx": run_onnx, "openvino": run_openvino, "litert": run_litert}
