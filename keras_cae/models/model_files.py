"""What an autoencoder writes into files, and reads from them."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_cae.kinds import KINDS
from keras_cae.models.compiling import Compiling
from keras_cae.training.random_state import named_seed_generators


class ModelFiles(Compiling):
    """The methods of an autoencoder that save, load and export it."""

    built_shape: Any
    _normalizer_is_known: bool

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        store["input_gate"] = self.gate.state()
        store["normalizer_is_known"] = np.array(self._normalizer_is_known)
        # Keras leaves the states of random numbers out of its files; with them, noise goes on where it was.
        for name, generator in named_seed_generators(self).items():
            store[f"random_state.{name}"] = ops.convert_to_numpy(generator.state.value)

    def load_own_variables(self, store: Any) -> None:
        kept = {name: np.asarray(store[name]) for name in list(store.keys())}
        if "input_gate" in kept:
            self.gate.load_state(kept.pop("input_gate"))
        self._normalizer_is_known = bool(kept.pop("normalizer_is_known", True))
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
            **kwargs: of `keras.Model.save`.

        Raises:
            ValueError: the path ends in ".h5", the format before Keras 3, which can't hold the model.
        """
        if str(filepath).endswith((".h5", ".hdf5")):
            raise ValueError(
                f"filepath must end in '.keras', got {str(filepath)!r}: Keras's former format does not hold all of the "
                "model. For weights alone, use model.save_weights with a path that ends in '.weights.h5'."
            )
        super().save(filepath, overwrite=overwrite, **kwargs)

    def quantize(self, *args: Any, **kwargs: Any) -> None:
        """Refused: quantize a copy that consists of the stock layers of `encoder` and `decoder`."""
        raise ValueError(
            f"{type(self).__name__} can't be quantized in place, because its saved file describes the layers before "
            "that. Quantize a copy: images = keras.Input(shape); copy = keras.models.clone_model(keras.Model(images, "
            "model.decoder(model.encoder(images)))); copy.set_weights(…); copy.quantize('int8')."
        )

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Write an inference artifact, as `keras.Model.export` does, without needing a call first.

        Args:
            filepath: path of the artifact.
            format: one of the formats of `keras.Model.export`.
            verbose: whether to print a message.
            input_signature: by default images of the shape and of the type that the model was trained on, in
                batches of any size: uint8 where the training images were, else floats.
            **kwargs: of `keras.Model.export`.

        Raises:
            ValueError: the model is not built.
        """
        if not self.built:
            raise ValueError(
                f"{type(self).__name__} must be built before it can be exported: train it, call it on "
                f"images, or call build({KINDS[self.rank].shape_to_build})."
            )
        if input_signature is None:
            input_signature = self.export_signature()
        super().export(filepath, format=format, verbose=verbose, input_signature=input_signature, **kwargs)

    def export_signature(self) -> list[keras.InputSpec]:
        """Images of the shape and of the type that the model was trained on, as `export` takes them."""
        dtype = self.gate.dtype if self.gate.dtype in ("uint8", "uint16", "bool") else self.variable_dtype
        return [keras.InputSpec(shape=self.built_shape, dtype=dtype)]
