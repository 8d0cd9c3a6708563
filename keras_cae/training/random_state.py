"""Random numbers that are equal in every evaluation and different on each replica of a distribution strategy."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

EVALUATION_COUNTER = 2**30
"""The position in a generator's sequence at which evaluation starts, which training never reaches."""
REPLICA_SEED_OFFSET = 1_000_003
"""The distance between the seeds of two replicas. A large prime avoids collisions between seeds that users choose."""


class ReplicaSeedGenerator(keras.random.SeedGenerator):
    """A seed generator with different seeds on each replica. The first replica gets the seeds of Keras."""

    def next(self, ordered: bool = True) -> Any:
        seed = super().next(ordered)
        replica = tf.distribute.get_replica_context()
        if replica is None or replica.num_replicas_in_sync == 1:
            return seed
        number = tf.cast(replica.replica_id_in_sync_group, seed.dtype)
        return seed + tf.stack([number * REPLICA_SEED_OFFSET, tf.zeros_like(number)])


def use_independent_seeds(layer: keras.layers.Layer) -> None:
    """Make a layer draw different random numbers on each replica; Keras draws the same numbers on all replicas."""
    for generator in seed_generators(layer):
        # The attribute name of the generator is unknown in arbitrary layers, so the object can't be replaced.
        generator.__class__ = ReplicaSeedGenerator


@contextlib.contextmanager
def same_noise(layers: Any) -> Iterator[None]:
    """Within the context, `layers` draw the same random numbers every time; afterwards they continue their sequences.

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
    """Return the seed generators of one or several layers and of their sublayers."""
    return list(named_seed_generators(layers).values())


def named_seed_generators(layers: Any) -> dict[str, keras.random.SeedGenerator]:
    """Return the seed generators of one or several layers, keyed by the attribute path that leads to each.

    The path is the same in every process and does not change when another generator is added.
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
