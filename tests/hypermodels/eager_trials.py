"""Trials that run eagerly, because tracing the steps of a model takes longer than training on a few batches."""

from keras_cae.hypermodels import HyperBasicCAE, HyperCAE


class _Eager:
    def compile(self, hp, model):
        super().compile(hp, model)
        model.run_eagerly = True


class EagerHyperBasicCAE(_Eager, HyperBasicCAE):
    """A search over the simplest models."""


class EagerHyperCAE(_Eager, HyperCAE):
    """A search over all architectures."""
