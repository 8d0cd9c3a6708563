"""The context by which a step and the layers that it calls communicate."""

from contextvars import ContextVar, Token
from typing import Any

_current: ContextVar["StepContext | None"] = ContextVar("step_context", default=None)


class StepContext:
    """One replica's part of a step of `fit` or `evaluate`, for the layers that the step calls.

    Use it as a context manager; the layers find it with `current_step()`. A context variable holds it, so
    that each replica, which runs in a thread of its own, sees its own.

    Args:
        image_count: how many images this replica's part of the batch has, padding not counted.
        valid: the same where the part may be padded; None if no image is padding.
    """

    def __init__(self, image_count: Any, valid: Any = None) -> None:
        self.image_count = image_count
        self.valid = valid
        self.penalties: list[Any] = []
        self.discriminator_losses: list[Any] = []
        self.kept_noise: list[Any] = []
        """What the corruption has added to the images and the target is to keep."""
        self.synchronized = False
        """Whether the replicas have exchanged values within this step."""
        self._token: Token[StepContext | None] | None = None

    def __enter__(self) -> "StepContext":
        self._token = _current.set(self)
        return self

    def __exit__(self, *_: Any) -> None:
        assert self._token is not None
        _current.reset(self._token)

    def add_penalty(self, penalty: Any) -> None:
        """Add a scalar to the loss of the step.

        `add_loss` keeps penalties in the layer, of which there is one for all replicas. Where replicas
        exchange values in the forward pass, each would find the penalties of the others beside its own.
        """
        self.penalties.append(penalty)

    def add_discriminator_loss(self, loss: Any) -> None:
        """Add a scalar to the loss that the discriminator minimizes."""
        self.discriminator_losses.append(loss)

    def add_to_target(self, noise: Any) -> None:
        """Add noise to the target, of whose shape it is: what a corruption adds and the model is to keep."""
        self.kept_noise.append(noise)

    @property
    def penalty(self) -> Any:
        """The sum of the penalties."""
        return sum(self.penalties)

    @property
    def discriminator_loss(self) -> Any:
        """The sum of the discriminator's losses."""
        return sum(self.discriminator_losses)


def current_step() -> StepContext | None:
    """Return the step that is being taken; None outside the steps of `fit` and `evaluate`."""
    return _current.get()
