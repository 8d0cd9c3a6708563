"""The states of random numbers: kept apart for evaluation, where every epoch draws the same."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

EVALUATION_DRAWS = 2**30
"""Where evaluation begins in a generator's sequence: training never gets that far."""


@contextlib.contextmanager
def same_noise(layer: keras.layers.Layer | None) -> Iterator[None]:
    """Within the context `layer` draws the same numbers every time; afterwards it goes on as before."""
    states = [] if layer is None else generator_states(layer)
    kept = [keras.ops.convert_to_numpy(state.value) for state in states]
    for state, (seed, _) in zip(states, kept, strict=True):
        state.assign(np.array([seed, EVALUATION_DRAWS], dtype=kept[0].dtype))
    try:
        yield
    finally:
        for state, value in zip(states, kept, strict=True):
            state.assign(value)


def generator_states(layer: keras.layers.Layer) -> list[Any]:
    """The states of the seed generators in a layer: the variables that are neither weight nor metric."""
    others = {id(variable) for variable in [*layer.weights, *layer.metrics_variables]}
    return [variable for variable in layer.variables if id(variable) not in others]
