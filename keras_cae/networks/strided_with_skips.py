"""Strided and transposed convolutions with skip connections."""

from typing import Any

from keras_cae.networks.strided import Strided


class StridedWithSkips(Strided):
    """`Strided` with skip connections from the encoder to the decoder, except at full resolution.

    Args:
        merge: how the features are joined: "add" or "concatenate".
        **shared: arguments of `Pyramid`.
    """

    def __init__(self, *, merge: str, **shared: Any) -> None:
        super().__init__(**shared)
        self.merge = merge
        self.skip_levels = tuple(range(len(self.filters) - 2, 0, -1))
