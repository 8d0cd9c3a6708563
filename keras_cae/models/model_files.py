"""Saving, loading and exporting of autoencoders."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_cae.exporting.export import export_autoencoder
from keras_cae.exporting.report import ExportReport
from keras_cae.kinds import KINDS
from keras_cae.models.compiling import Compiling
from keras_cae.models.preset_files import PresetFiles
from keras_cae.training.random_state import named_seed_generators


class ModelFiles(PresetFiles, Compiling):
    """The methods of an autoencoder that save, load and export it."""

    built_shape: Any
    _normalizer_is_adapted: bool

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        store["input_gate"] = self._gate.state()
        store["normalizer_is_known"] = np.array(self._normalizer_is_adapted)
        # Keras does not save the states of seed generators. With them, random numbers continue after loading.
        for name, generator in named_seed_generators(self).items():
            store[f"random_state.{name}"] = ops.convert_to_numpy(generator.state.value)

    def load_own_variables(self, store: Any) -> None:
        kept = {name: np.asarray(store[name]) for name in list(store.keys())}
        if "input_gate" in kept:
            self._gate.load_state(kept.pop("input_gate"))
        self._normalizer_is_adapted = bool(kept.pop("normalizer_is_known", True))
        generators = named_seed_generators(self)
        for name in [name for name in kept if name.startswith("random_state.")]:
            value = kept.pop(name)
            if name.removeprefix("random_state.") in generators:
                generators[name.removeprefix("random_state.")].state.assign(value)
        super().load_own_variables(kept)

    def save(self, filepath: Any, overwrite: bool = True, **kwargs: Any) -> None:
        """Save the model, as `keras.Model.save` does, to a `.keras` file.

        Args:
            filepath: path that ends in ".keras".
            overwrite: whether to replace an existing file without asking.
            **kwargs: arguments of `keras.Model.save`.

        Raises:
            ValueError: the path ends in ".h5". This legacy format can't store the model.
        """
        if str(filepath).endswith((".h5", ".hdf5")):
            raise ValueError(
                f"filepath must end in '.keras', got {str(filepath)!r}: the legacy HDF5 format can't store all of the "
                "model. To save only the weights, use model.save_weights with a path that ends in '.weights.h5'."
            )
        super().save(filepath, overwrite=overwrite, **kwargs)

    def quantize(self, *args: Any, **kwargs: Any) -> None:
        """Raise a `ValueError`, because the model can't be quantized in place. The message shows how to use a copy."""
        raise ValueError(
            f"{type(self).__name__} can't be quantized in place, because its saved file could not describe quantized "
            "layers. Quantize a copy: images = keras.Input(shape); copy = keras.models.clone_model(keras.Model(images, "
            "model.decoder(model.encoder(images)))); copy.set_weights(…); copy.quantize('int8')."
        )

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        *,
        part: str = "autoencoder",
        input_dtype: str | None = None,
        quantize: str | None = None,
        representative_images: Any = None,
        verify: bool = True,
        **kwargs: Any,
    ) -> ExportReport:
        """Export the model to a file that runs without this library.

        A SavedModel computes in the precision of the model, files of the other formats in float32. If the runtime of
        the format is installed, the file is loaded and compared with the model on random batches of 1 and of 5 images,
        and at an even and an odd size if the model takes images of any size. If the outputs differ, an error is raised,
        and an existing file at this path is kept.

        Args:
            filepath: path of the file. It ends with ".xml" for OpenVINO and with ".tflite" for LiteRT; a SavedModel is
                a folder.
            format: "tf_saved_model", "onnx", "openvino" or "litert".
            verbose: whether to print the result; None means True.
            input_signature: shape and type of the input, as in `keras.Model.export`. By default, the shape that the
                model was built for, with any batch size.
            part: "autoencoder", from images to reconstructions; "encoder", from images to the codes that `encode`
                returns; or "decoder", from these codes to images.
            input_dtype: type of the images. "uint8" and "uint16" are scaled to [0, 1] in the file, "float32" is used
                unchanged. None for the type of the training images.
            quantize: "int8" for a LiteRT file that computes in 8-bit integers.
            representative_images: a few hundred images that represent the inputs of a quantized file.
            verify: whether to compare the file with the model.
            **kwargs: for ONNX, `opset_version`; for LiteRT, attributes of the converter such as `optimizations`, with
                `verify=False` if they change the outputs.

        Returns:
            An `ExportReport`: the path of the file, the difference between its outputs and those of the model, and for
            a quantized file its PSNR and the loss of PSNR compared with the model.

        Raises:
            ImportError: a package that the format needs is not installed.
            ValueError: the model is not built, an argument is invalid, or the format does not support an operation of
                the model.
        """
        if not self.built:
            raise ValueError(
                f"{type(self).__name__} must be built before it can be exported: train it, call it on "
                f"images, or call build({KINDS[self.rank].shape_to_build})."
            )
        return export_autoencoder(
            self,
            filepath,
            format,
            part=part,
            input_dtype=input_dtype,
            input_signature=input_signature,
            quantize=quantize,
            representative_images=representative_images,
            verify=verify,
            verbose=verbose,
            options=kwargs,
        )

    def _export_signature(self) -> list[keras.InputSpec]:
        """Return the default `input_signature` of `export`: the shape and the type of the training images."""
        dtype = self._gate.dtype if self._gate.dtype in ("uint8", "uint16", "bool") else self.variable_dtype
        return [keras.InputSpec(shape=self.built_shape, dtype=dtype)]
