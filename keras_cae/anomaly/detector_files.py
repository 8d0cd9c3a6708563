"""How a detector is exported."""

from typing import Any

from keras_cae.anomaly.calibration import Calibration
from keras_cae.atomic_files import BuiltModelFiles
from keras_cae.exporting.export import export_detector
from keras_cae.exporting.report import ExportReport


class DetectorFiles(BuiltModelFiles):
    """The method of a detector that exports it; its other files are those of `BuiltModelFiles`."""

    calibration: Calibration

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        *,
        input_dtype: str | None = None,
        verify: bool = True,
        **kwargs: Any,
    ) -> ExportReport:
        """Write a file from images to what a call returns, as `CAE.export` does.

        The scores and both thresholds are outputs of their own, so that whoever runs the file can move a
        threshold.

        Args:
            filepath: path of the file.
            format: "tf_saved_model", "onnx", "openvino" or "litert".
            verbose: whether to print the result; None for yes.
            input_signature: shape and type of the images, as Keras takes it.
            input_dtype: type of the images: "uint8", "uint16", "float32"; None for that of the training.
            verify: whether to compare the file with the detector.
            **kwargs: `opset_version`, for ONNX.

        Returns:
            An `ExportReport`.

        Raises:
            ImportError: what the format needs is not installed.
            ValueError: the detector is not calibrated, an argument is invalid, or the format has no place for an
                operation of the detector.
        """
        self.calibration.check_done()
        return export_detector(
            self,
            filepath,
            format,
            input_dtype=input_dtype,
            input_signature=input_signature,
            verify=verify,
            verbose=verbose,
            options=kwargs,
        )
