"""TensorFlow's SavedModel format."""

from pathlib import Path
from typing import Any

import tensorflow as tf

from keras_cae.exporting.file_format import FileFormat, Run, write_saved_model
from keras_cae.exporting.served import Outputs, Served


class SavedModelFormat(FileFormat):
    """A folder that TensorFlow and its servers load, in the precision of the model."""

    name = "tf_saved_model"
    title = "a SavedModel"
    keeps_precision = True

    def write(self, served: Served, path: Path, options: dict[str, Any]) -> None:
        def function(batch: Any) -> Any:
            # A single output is a plain tensor, as in exports by Keras.
            outputs = served.function(batch)
            return outputs if len(outputs) > 1 else next(iter(outputs.values()))

        write_saved_model(served, path, function)

    def load(self, path: Path) -> Run:
        artifact = tf.saved_model.load(str(path))

        def run(batch: Any) -> Outputs:
            with tf.device("CPU:0"):
                outputs = artifact.serve(tf.constant(batch))
            named = outputs if isinstance(outputs, dict) else {"": outputs}
            return {name: value.numpy() for name, value in named.items()}

        return run
