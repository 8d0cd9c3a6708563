"""Export of detectors."""

from typing import Any

from keras_cae.anomaly.calibration import Calibration
from keras_cae.atomic_files import BuiltModelFiles
from keras_cae.exporting.export import export_detector
from keras_cae.exporting.report import ExportReport


class DetectorFiles(BuiltModelFiles):
    """The export of a detector. `BuiltModelFiles` implements saving and loading."""

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
        """Export a file that maps images to the outputs of a call, as `CAE.export` does.

        The scores and both thresholds are separate outputs, so that the user of the file can apply another threshold.

        Args:
            filepath: path of the file.
            format: "tf_saved_model", "onnx", "openvino" or "litert".
            verbose: whether to print the result; None means True.
            input_signature: shape and type of the images, as in `keras.Model.export`.
            input_dtype: type of the images: "uint8", "uint16" or "float32"; None for the type of the training images.
            verify: whether to compare the file with the detector.
            **kwargs: `opset_version`, for ONNX.

        Returns:
            An `ExportReport`.

        Raises:
            ImportError: a package that the format needs is not installed.
            ValueError: the detector is not calibrated, an argument is invalid, or the format does not support an
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
