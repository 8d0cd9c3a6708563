"""Random numbers that are the same in every evaluation, and differ between the replicas of a distribution strategy."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

EVALUATION_COUNTER = 2**30
"""Where evaluation begins in a generator's sequence: training never gets that far."""
REPLICA_SEED_OFFSET = 1_000_003
"""How far apart the seeds of two replicas are: a prime, so that seeds that users choose don't meet."""


class ReplicaSeedGenerator(keras.random.SeedGenerator):
    """A seed generator whose seeds differ from replica to replica; those of the first are Keras's."""

    def next(self, ordered: bool = True) -> Any:
        seed = super().next(ordered)
        replica = tf.distribute.get_replica_context()
        if replica is None or replica.num_replicas_in_sync == 1:
            return seed
        number = tf.cast(replica.replica_id_in_sync_group, seed.dtype)
        return seed + tf.stack([number * REPLICA_SEED_OFFSET, tf.zeros_like(number)])


def use_independent_seeds(layer: keras.layers.Layer) -> None:
    """Give a layer random numbers that differ from replica to replica, where Keras's are the same on all of them."""
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
        state.assign(np.array([seed, EVALUATION_COUNTER], dtype=kept[0].dtype))
    try:
        yield
    finally:
        for state, value in zip(states, kept, strict=True):
            state.assign(value)


def seed_generators(layers: Any) -> list[keras.random.SeedGenerator]:
    """Return the seed generators in a layer, or in several, and in the layers that these are made of."""
    return list(named_seed_generators(layers).values())


def named_seed_generators(layers: Any) -> dict[str, keras.random.SeedGenerator]:
    """Return the seed generators in a layer, or in several, by the path of attributes that leads to each.

    The path is the same in every process, and another generator does not change it.
    """
    found: dict[str, Any] = {}
    _visit(layers, "", set(), found)
    return found


def _visit(part: Any, path: str, seen: set[int], found: dict[str, Any]) -> None:
    if isinstance(part, list | tuple | dict):
        items = part.items() if isinstance(part, dict) else enumerate(part)
        for key, item in items:
            _visit(item, f"{path}.{key}" if path else str(key), seen, found)
    elif isinstance(part, keras.layers.Layer | keras.random.SeedGenerator) and id(part) not in seen:
        seen.add(id(part))
        if isinstance(part, keras.random.SeedGenerator):
            found[path] = part
        else:
            _visit(dict(sorted(vars(part).items(), key=lambda item: item[0])), path, seen, found)
