"""The model base that keeps the shape it was built for, and what follows from knowing it."""

from typing import Any

import keras


class ShapedModel(keras.Model):
    """A `keras.Model` that is built once, for one shape, of which every batch size is free.

    A subclass makes its state in `build_for`. In return it can be exported right after `build` and after
    loading, is saved without a batch size, and refuses to be built for another shape, which Keras would
    silently record in the saved file.
    """

    built_shape: Any = None

    def build_for(self, shape: Any) -> None:
        """Make everything that has weights, for inputs of `shape`, whose batch size is None."""
        raise NotImplementedError

    def free_shape(self, shape: Any) -> Any:
        """`shape` with None for every axis that may differ from batch to batch."""
        return keras.tree.map_shape_structure(lambda s: (None, *s[1:]), shape)

    def build(self, input_shape: Any) -> None:
        shape = self.free_shape(input_shape)
        if not self.built:
            self.build_for(shape)
            self.built_shape = shape
        elif shape != self.built_shape:
            raise ValueError(
                f"{type(self).__name__} is built for inputs of shape {self.built_shape} already; build "
                f"got {shape}. A model is built once: make a new one for the other shape."
            )

    def get_build_config(self) -> dict[str, Any] | None:
        return None if self.built_shape is None else {"input_shape": self.built_shape}

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
            input_signature: by default float images of the shape that the model was built for, in
                batches of any size.
            **kwargs: of `keras.Model.export`.

        Raises:
            ValueError: the model is not built.
        """
        if not self.built:
            raise ValueError(
                f"{type(self).__name__} must be built before it can be exported: train it, call it on "
                "images, or call build((None, height, width, channels))."
            )
        if input_signature is None:
            input_signature = [
                keras.tree.map_shape_structure(
                    lambda s: keras.InputSpec(shape=s, dtype=self.variable_dtype), self.built_shape
                )
            ]
        super().export(filepath, format=format, verbose=verbose, input_signature=input_signature, **kwargs)
