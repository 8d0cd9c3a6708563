"""Signals of a machine or a heart, as windows of two channels, and faults that are injected into them."""

import numpy as np

LENGTH = 128
PERIOD = 24.0
"""The mean distance of two beats."""
NOISE = 0.02
LEAST_CHANGE = 0.04
"""The minimum mean change of the values of a fault."""


def normal_windows(count, generator):
    """Return windows of beats with a varying rate and height, as float32 in [0, 1], `(count, 128, 2)`.

    The first channel contains the beats, and the second one responds to them with a delay.
    """
    return np.stack([_window(generator) for _ in range(count)])


def with_fault(window, generator):
    """Return a window with one fault, and the mask of the fault, `(128,)`."""
    while True:
        fault, start = FAULTS[generator.integers(len(FAULTS))], int(generator.integers(8, LENGTH - 40))
        place = slice(start, start + int(generator.integers(12, 33)))
        changed = window.copy()
        changed[place] = np.clip(fault(window[place], generator), 0, 1)
        if np.abs(changed - window)[place].mean() >= LEAST_CHANGE:
            mask = np.zeros(LENGTH, bool)
            mask[place] = True
            return changed, mask


def missing_beat(part, generator):
    """Replace the beats by the base line of each channel."""
    return np.broadcast_to(np.quantile(part, 0.1, axis=0), part.shape) + generator.normal(0, NOISE, part.shape)


def frozen(part, generator):
    """Repeat the first value, as a sensor that has stopped does."""
    return np.broadcast_to(part[0], part.shape)


def noisy(part, generator):
    """Add strong noise to one channel."""
    return part + generator.normal(0, 0.12, part.shape) * _one_channel(generator)


def shifted(part, generator):
    """Shift the level of one channel."""
    return part + generator.choice([-0.2, 0.2]) * _one_channel(generator)


def faster(part, generator):
    """Double the rate."""
    return part[np.arange(len(part)) * 2 % len(part)]


def uncoupled(part, generator):
    """Reverse the time of the second channel, which then precedes the first one."""
    return np.stack([part[:, 0], part[::-1, 1]], axis=-1)


FAULTS = (missing_beat, frozen, noisy, shifted, faster, uncoupled)


def _one_channel(generator):
    return np.eye(2)[generator.integers(2)]


def _window(generator):
    times = np.arange(LENGTH)
    period, height = PERIOD * generator.uniform(0.85, 1.15), generator.uniform(0.5, 0.7)
    beats = np.arange(generator.uniform(-1, 0) * period, LENGTH + period, period)
    beats = beats + generator.normal(0, 0.6, len(beats))
    since = times[:, None] - beats
    pulse = height * np.exp(-0.5 * (since / 1.5) ** 2) - 0.15 * np.exp(-0.5 * ((since - 4) / 2) ** 2)
    late = np.maximum(since - 3, 0)
    response = height * (late / 4) * np.exp(1 - late / 4)
    drift = 0.03 * np.sin(2 * np.pi * (times / LENGTH * generator.uniform(0.3, 1) + generator.uniform()))
    channels = np.stack([0.25 + pulse.sum(axis=1) + drift, 0.15 + 0.8 * response.sum(axis=1)], axis=-1)
    return np.clip(channels + generator.normal(0, NOISE, channels.shape), 0, 1).astype("float32")
