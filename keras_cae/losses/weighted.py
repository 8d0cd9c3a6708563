"""A weighted sum of losses."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from keras_cae.losses.get import get
from keras_cae.losses.weighted_by_image import WeightedByImage, over_pixels
from keras_cae.validation import non_negative_float, text

REDUCTIONS = ("sum_over_batch_size", "mean")
"""The allowed reductions of the parts: the mean, which is then applied to the sum as a whole."""


@keras.saving.register_keras_serializable(package="keras_cae")
class Weighted(WeightedByImage):
    """A weighted sum of losses, for example of a pixel loss and a structural loss.

    The values of the parts are added pixel by pixel and then averaged; a part with one value per image has this value
    at each of its pixels. Each part therefore counts as it would alone, also with weights of images and pixels.

    Args:
        losses: at least one loss: a loss object or function, or a name that `keras_cae.losses.get` accepts.
        weights: one number per loss, zero or above; by default 1.
        name: name of the loss.
        **kwargs: arguments of `keras.losses.Loss`.

    Input shape: `(n, height, width, channels)`, twice; also signals, `(n, length, channels)`, and volumes,
    `(n, depth, height, width, channels)`. Weights have the shape `(n,)` or `(n, height, width)`.

    Output shape: a scalar; `(n, height, width)` with `reduction="none"`.

    Raises:
        ValueError: a loss is unknown, has its own reduction, or does not return one value per image or per pixel; the
            number of weights is not the number of losses; the images are not two batches of the same shape; or
            `sample_weight` has another shape.

    Example:

    >>> loss = keras_cae.losses.Weighted(["mae", "ssim"], weights=[0.2, 0.8])
    >>> model = keras_cae.models.BasicCAE(latent_dim=8)
    >>> model.compile(optimizer="adam", loss=loss)
    """

    def __init__(
        self,
        losses: Sequence[Any],
        weights: Sequence[float] | None = None,
        name: str = "weighted",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=text(name, "name"), **kwargs)
        if isinstance(losses, str) or not isinstance(losses, Sequence) or not losses:
            raise ValueError(f"losses must be a sequence of at least one loss, got {losses!r}.")
        self.losses = tuple(_checked_loss(loss, f"losses[{i}]") for i, loss in enumerate(losses))
        self.weights = _checked_weights(weights, len(self.losses))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        pixels = ops.zeros_like(y_pred[..., 0])
        for loss, weight in zip(self.losses, self.weights, strict=True):
            pixels = pixels + weight * _per_pixel_values(_function(loss)(y_true, y_pred), y_pred, loss)
        return pixels

    def get_config(self) -> dict[str, Any]:
        losses = [loss if isinstance(loss, str) else keras.losses.serialize(loss) for loss in self.losses]
        return {**super().get_config(), "losses": losses, "weights": self.weights}


def _checked_loss(loss: Any, name: str) -> Any:
    """Return the name of a loss, or the loss object or function for any other identifier."""
    try:
        resolved = get(loss)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name} must be a loss or the name of one, got {loss!r}. {error}") from error
    if resolved is None:
        raise ValueError(f"{name} must be a loss or the name of one, got None.")
    reduction = getattr(resolved, "reduction", REDUCTIONS[0])
    if reduction not in REDUCTIONS:
        raise ValueError(
            f"{name} must have the reduction {REDUCTIONS[0]!r}, because the sum is reduced as a whole, got "
            f"{reduction!r}. Pass the reduction to Weighted."
        )
    return loss if isinstance(loss, str) else resolved


def _checked_weights(weights: Any, count: int) -> tuple[float, ...]:
    if weights is None:
        return (1.0,) * count
    if isinstance(weights, str) or not isinstance(weights, Sequence) or len(weights) != count:
        raise ValueError(f"weights must be a sequence of {count} numbers, one for each loss, got {weights!r}.")
    return tuple(non_negative_float(weight, f"weights[{i}]") for i, weight in enumerate(weights))


def _function(loss: Any) -> Callable[[Any, Any], Any]:
    """Return the function that computes the values of a loss before the reduction."""
    resolved = get(loss)
    return resolved.call if isinstance(resolved, keras.losses.Loss) else resolved


def _per_pixel_values(values: Any, images: Any, loss: Any) -> Any:
    """Return the values of a loss in a shape that can be added to values of pixels."""
    rank, pixel_rank = len(values.shape), len(images.shape) - 1
    if rank == 1:
        return over_pixels(values, images)
    if rank == pixel_rank + 1:
        return ops.mean(values, axis=-1)
    if rank in (0, pixel_rank):
        return values
    raise ValueError(
        f"losses must return one value per image, (n,), or one per pixel, {tuple(images.shape[:-1])}, but "
        f"{loss!r} returns values of shape {tuple(values.shape)}."
    )
