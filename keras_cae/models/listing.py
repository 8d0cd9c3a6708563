"""How a model appears in code completion, and its summary before it is built."""

from typing import Any

from keras_cae.kinds import KINDS
from keras_cae.layers.bottleneck import Bottleneck


class Listed:
    """A model that lists the weights of its penalties in `dir`, which code completion uses."""

    built: bool
    rank: int

    def __dir__(self) -> list[str]:
        names = set(super().__dir__())
        bottleneck = vars(self).get("bottleneck")
        if isinstance(bottleneck, Bottleneck):
            names.update(bottleneck.weights_of_penalties)
        return sorted(names)

    def summary(
        self,
        line_length: int | None = None,
        positions: list[float] | None = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print the layers as `keras.Model.summary` does, or how to build the model if it is not built."""
        if self.built:
            super().summary(  # type: ignore[misc]  # of the model
                line_length, positions, print_fn, expand_nested, show_trainable, layer_range
            )
            return
        (print_fn or print)(
            f"{type(self).__name__} is not built yet: its layers depend on the shape of the {KINDS[self.rank].noun}. "
            f"Train it, call it on {KINDS[self.rank].noun}, or call build({KINDS[self.rank].shape_to_build}) before "
            "summary()."
        )
