"""The OpenVINO format, its intermediate representation."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keras_cae.exporting.file_format import FileFormat, Run, as_saved_model
from keras_cae.exporting.served import Served
from keras_cae.files import write_atomically

UNKNOWN_OPERATION = re.compile(
    r"(?:No translator found for|not supported by OpenVINO)[^:]*:?\s*([^\n]+)|Unsupported operation of type: (\S+)"
)


class OpenVINOFormat(FileFormat):
    """Two files for OpenVINO: the graph, `.xml`, and the weights, `.bin`."""

    name = "openvino"
    title = "OpenVINO"
    suffix = ".xml"
    packages = ("openvino",)
    runtimes = ("openvino",)
    extra = "openvino"

    @contextmanager
    def files(self, path: Any) -> Iterator[Path]:
        if "://" in str(path):
            raise ValueError(f"filepath must be a local path for {self.title}, got {str(path)!r}.")
        # The weights are moved to their final path before the graph that refers to them.
        with write_atomically(path) as unfinished, write_atomically(Path(path).with_suffix(".bin")):
            yield unfinished

    def write(self, served: Served, path: Path, options: dict[str, Any]) -> None:
        import openvino

        with as_saved_model(served) as folder:
            try:
                model = openvino.convert_model(folder)
            except Exception as error:
                raise self.impossible(served, self.unknown_operations(error), error) from error
            openvino.save_model(model, path, compress_to_fp16=False)

    def unknown_operations(self, error: BaseException) -> tuple[str, ...]:
        found = UNKNOWN_OPERATION.search(str(error))
        return ((found.group(1) or found.group(2)).strip(),) if found else ()

    def load(self, path: Path) -> Run:
        import openvino

        # By default, processors that support bfloat16 compute in it.
        precise = {"INFERENCE_PRECISION_HINT": "f32"}
        compiled = openvino.compile_model(openvino.Core().read_model(path), "CPU", precise)
        names = [output.get_any_name() for output in compiled.outputs]
        return lambda batch: dict(zip(names, compiled(batch).values(), strict=True))
