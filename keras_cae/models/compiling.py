"""Compiling an autoencoder, with a second optimizer if it has a discriminator."""

from typing import Any

import keras

from keras_cae.losses.get import replace_names as losses_by_name
from keras_cae.metrics.get import replace_names as metrics_by_name
from keras_cae.training.trainer import Trainer


class Compiling(Trainer):
    """The methods of an autoencoder that configure its training."""

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        *,
        discriminator_optimizer: Any = None,
        auto_scale_loss: bool = True,
        **kwargs: Any,
    ) -> None:
        """Configure training as `keras.Model.compile` does.

        Args:
            optimizer: optimizer of the encoder and the decoder. Callbacks such as learning rate schedules act on this
                one.
            loss: loss of the reconstructions. The names of this library's losses, such as "ssim", are accepted too.
            discriminator_optimizer: optimizer of the discriminator of an `AdversarialBottleneck`; by default
                `keras.optimizers.Adam(3e-4, beta_1=0.5)`.
            auto_scale_loss: as in `keras.Model.compile`, for both optimizers.
            **kwargs: arguments of `keras.Model.compile`.

        Raises:
            ValueError: both optimizers are the same object, or there is no discriminator for the second one.
        """
        second = self._second_optimizer(optimizer, discriminator_optimizer, auto_scale_loss)
        for name in ("metrics", "weighted_metrics"):
            if kwargs.get(name) is not None:
                kwargs[name] = metrics_by_name(kwargs[name])
        super().compile(optimizer, losses_by_name(loss), auto_scale_loss=auto_scale_loss, **kwargs)
        self.discriminator_optimizer = second

    def _second_optimizer(self, first: Any, second: Any, auto_scale_loss: bool) -> Any:
        if not getattr(vars(self).get("bottleneck"), "has_discriminator", False):
            if second is not None:
                raise ValueError(
                    f"discriminator_optimizer must be omitted: {type(self).__name__} has no discriminator. Use "
                    "AdversarialCAE, or bottleneck=AdversarialBottleneck(...)."
                )
            return None
        if isinstance(first, keras.optimizers.Optimizer) and second is first:
            raise ValueError(
                "discriminator_optimizer and optimizer must be different objects, because each keeps the state of its "
                f"own variables, got {first!r} for both."
            )
        second = keras.optimizers.get(second or keras.optimizers.Adam(3e-4, beta_1=0.5))
        scaled = isinstance(second, keras.optimizers.LossScaleOptimizer)
        if auto_scale_loss and self.dtype_policy.name == "mixed_float16" and not scaled:
            second = keras.optimizers.LossScaleOptimizer(second, name="loss_scale_optimizer")
        return second

    def get_compile_config(self) -> dict[str, Any]:
        config = super().get_compile_config()
        if config and self.discriminator_optimizer is not None:
            config["discriminator_optimizer"] = keras.saving.serialize_keras_object(self.discriminator_optimizer)
        return config

    def compile_from_config(self, config: dict[str, Any]) -> None:
        self.compile(**keras.saving.deserialize_keras_object(config))
        self._build_optimizers()
