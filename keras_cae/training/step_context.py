"""The context through which a step and the layers that it calls communicate."""

from contextvars import ContextVar, Token
from typing import Any

_current: ContextVar["StepContext | None"] = ContextVar("step_context", default=None)


class StepContext:
    """One replica's part of a step of `fit` or `evaluate`.

    Use it as a context manager; layers access it with `current_step()`. It is stored in a context variable, because
    each replica runs in its own thread and must see its own context.

    Args:
        image_count: number of images in this replica's part of the batch, without padding.
        valid: the same number if the part may be padded; None if it has no padding.
    """

    def __init__(self, image_count: Any, valid: Any = None) -> None:
        self.image_count = image_count
        self.valid = valid
        self.penalties: list[Any] = []
        self.discriminator_losses: list[Any] = []
        self.kept_noise: list[Any] = []
        """Noise of the corruption that the target keeps, too."""
        self.synchronized = False
        """Whether replicas have exchanged values in this step."""
        self._token: Token[StepContext | None] | None = None

    def __enter__(self) -> "StepContext":
        self._token = _current.set(self)
        return self

    def __exit__(self, *_: Any) -> None:
        assert self._token is not None
        _current.reset(self._token)

    def add_penalty(self, penalty: Any) -> None:
        """Add a scalar to the loss of the step.

        `add_loss` would store the penalty in the layer, which all replicas share. If replicas exchange values in the
        forward pass, each replica would also get the penalties of the others.
        """
        self.penalties.append(penalty)

    def add_discriminator_loss(self, loss: Any) -> None:
        """Add a scalar to the loss that the discriminator minimizes."""
        self.discriminator_losses.append(loss)

    def add_to_target(self, noise: Any) -> None:
        """Add noise to the target: noise of the corruption, of the target's shape, that the model should keep."""
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
    """Return the context of the running step; None outside the steps of `fit` and `evaluate`."""
    return _current.get()
