"""A term of the loss with its own weight and metric."""

from typing import Any

import keras
from keras import ops

from keras_cae.layers.adjustable_weight import AdjustableWeight
from keras_cae.metrics.measured_mean import MeasuredMean
from keras_cae.training.replicas import valid_in_step
from keras_cae.training.step_context import current_step


@keras.saving.register_keras_serializable(package="keras_cae")
class Penalty(keras.layers.Layer):
    """Adds `weight` times the mean of some values to the loss, and reports the mean without the weight.

    Create it in the constructor of a layer or a model, and call it in `call`. The term is correct in every kind of
    training: in the steps of `keras_cae.models.CAE`, on several replicas and for batches of a single image; in the
    `fit` of any Keras model that contains the layer; and in a custom training loop, in which `model.losses` contains
    it. The metric appears in the logs under the name of the penalty, together with a `reconstruction_loss` without
    penalties. `callbacks.WeightScheduler` can change the weight.

    Args:
        weight: factor of the mean. Setting the attribute takes effect in the next step.
        name: name of the penalty and of its metric.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, ...)` for values of each image, which are averaged; or a scalar for a value of the whole batch.

    Output shape: that of the input.

    Raises:
        ValueError: the weight is not a finite number, zero or above.

    Example:

    >>> class ShortCodes(keras_cae.layers.Bottleneck):
    ...     def __init__(self, weight=0.1, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.length = keras_cae.layers.Penalty(weight, name="length")
    ...     def call(self, inputs):
    ...         self.length(keras.ops.sum(keras.ops.square(inputs), axis=-1))
    ...         return inputs
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, bottleneck=ShortCodes())
    >>> model.compile(optimizer="adam", loss="mse")
    >>> images = np.random.default_rng(0).random((16, 8, 8, 1), dtype="float32")
    >>> sorted(model.fit(images, verbose=0).history)
    ['length', 'loss', 'reconstruction_loss']
    """

    weight = AdjustableWeight()

    def __init__(self, weight: float = 1.0, name: str = "penalty", **kwargs: Any) -> None:
        # Penalties are computed in full precision under every policy.
        super().__init__(name=name, **{**kwargs, "dtype": "float32"})
        self.weight = weight
        self.metric = MeasuredMean(name=name)
        self.built = True  # The layer has no weights that depend on the input shape.

    def call(self, inputs: Any, reported: Any = None, training: bool | None = None) -> Any:
        """Add the penalty.

        Args:
            inputs: the penalized values.
            reported: the values that the metric reports; by default `inputs`.
            training: outside the steps of `fit` and `evaluate`, the metric is only updated if this is true.
        """
        penalty = Penalty.weight.variable(self) * ops.mean(inputs)
        step = current_step()
        if step is None:
            self.add_loss(ops.cast(penalty, keras.config.floatx()))
        else:
            step.add_penalty(penalty)
        if step is not None or training:
            self._report(inputs if reported is None else reported)
        return inputs

    def _report(self, values: Any) -> None:
        if len(values.shape):
            self.metric.update_state(valid_in_step(values))
            return
        # A value of the whole batch is weighted by the size of the batch.
        step = current_step()
        self.metric.update_state(values, sample_weight=None if step is None else step.image_count)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "weight": self.weight}
