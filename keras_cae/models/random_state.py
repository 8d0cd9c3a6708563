"""Random numbers: the same in every evaluation, others on every replica of a distribution strategy."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

EVALUATION_DRAWS = 2**30
"""Where evaluation begins in a generator's sequence: training never gets that far."""
SEED_DISTANCE = 1_000_003
"""How far apart the seeds of two replicas are: a prime, so that seeds that users choose don't meet."""


class ReplicaSeedGenerator(keras.random.SeedGenerator):
    """A seed generator whose seeds differ from replica to replica; those of the first are Keras's."""

    def next(self, ordered: bool = True) -> Any:
        seed = super().next(ordered)
        replica = tf.distribute.get_replica_context()
        if replica is None or replica.num_replicas_in_sync == 1:
            return seed
        number = tf.cast(replica.replica_id_in_sync_group, seed.dtype)
        return seed + tf.stack([number * SEED_DISTANCE, tf.zeros_like(number)])


def draw_apart(layer: keras.layers.Layer) -> None:
    """Let every replica draw numbers of its own in a layer, where Keras draws the same on all of them."""
    for generator in seed_generators(layer):
        # The generators belong to layers of any kind, whose attribute is theirs; hence not a new object.
        generator.__class__ = ReplicaSeedGenerator


@contextlib.contextmanager
def same_noise(layers: Any) -> Iterator[None]:
    """Within the context `layers` draw the same numbers every time; afterwards they go on as before.

    Args:
        layers: a layer, or a list or tuple of layers.
    """
    states = [generator.state for generator in seed_generators(layers)]
    kept = [keras.ops.convert_to_numpy(state.value) for state in states]
    for state, (seed, _) in zip(states, kept, strict=True):
        state.assign(np.array([seed, EVALUATION_DRAWS], dtype=kept[0].dtype))
    try:
        yield
    finally:
        for state, value in zip(states, kept, strict=True):
            state.assign(value)


def seed_generators(layers: Any) -> list[keras.random.SeedGenerator]:
    """The seed generators in a layer, or in several, and in the layers that these are made of."""
    found: dict[int, Any] = {}
    _visit(layers, found)
    return [part for part in found.values() if isinstance(part, keras.random.SeedGenerator)]


def _visit(part: Any, found: dict[int, Any]) -> None:
    if isinstance(part, list | tuple | dict):
        for item in part.values() if isinstance(part, dict) else part:
            _visit(item, found)
    elif isinstance(part, keras.layers.Layer | keras.random.SeedGenerator) and id(part) not in found:
        found[id(part)] = part
        if isinstance(part, keras.layers.Layer):
            _visit(vars(part), found)
