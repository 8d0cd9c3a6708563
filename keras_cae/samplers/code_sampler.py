"""The base class of the samplers, which checks codes and defines a plain file format."""

import abc
import inspect
import json
from os import PathLike
from typing import Any, Self

import numpy as np

from keras_cae.archives import DAMAGED, check_plain_archive
from keras_cae.files import write_atomically
from keras_cae.validation import positive_int


class CodeSampler(abc.ABC):
    """A distribution that is fitted to codes and sampled for new codes.

    A subclass lists in `states` the names of the arrays that `fit_flat` computes and `draw_flat` uses.
    """

    states: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.code_shape: tuple[int, ...] | None = None

    @abc.abstractmethod
    def fit_flat(self, codes: np.ndarray) -> None:
        """Fit the distribution to codes, float64 of shape `(n, values)`."""

    @abc.abstractmethod
    def draw_flat(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Draw `n` codes of shape `(n, values)`. A larger `n` must append further codes."""

    def fit(self, codes: Any) -> Self:
        """Fit the distribution to codes, such as `model.encode(images)`.

        Args:
            codes: array `(n, latent_dim)`, or `(n, height, width, channels)`.

        Returns:
            The sampler.

        Raises:
            ValueError: the codes are not an array of at least two finite codes.
        """
        codes = _checked_codes(codes)
        self.fit_flat(codes.reshape(len(codes), -1))
        self.code_shape = codes.shape[1:]
        return self

    def sample(self, n: int, seed: int | None = None) -> np.ndarray:
        """Return codes drawn from the distribution, for `model.decode`.

        Args:
            n: number of codes.
            seed: seed of the codes. The same seed gives the same codes; a larger `n` appends further codes.

        Returns:
            A float32 array of shape `(n, latent_dim)`, or `(n, ...)` with the shape of the codes that were fitted.

        Raises:
            ValueError: the sampler is not fitted.
        """
        shape = (positive_int(n, "n"), *self._fitted_shape())
        return self.draw_flat(n, np.random.default_rng(seed)).astype("float32").reshape(shape)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the fitted sampler to a file of plain arrays, which `load` reads.

        Args:
            path: path of the file, which ends in ".npz".

        Raises:
            ValueError: the sampler is not fitted.
        """
        code_shape = np.array(self._fitted_shape(), "int64")
        arrays = {state: getattr(self, state) for state in self.states}
        arguments = json.dumps(self._arguments())
        with write_atomically(path) as unfinished, unfinished.open("wb") as file:
            np.savez(file, sampler=type(self).__name__, arguments=arguments, code_shape=code_shape, **arrays)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Return the sampler that `save` wrote.

        Args:
            path: the file.

        Raises:
            ValueError: it is another kind of file, or a file of another sampler.
        """
        try:
            check_plain_archive(path)
            with np.load(path, allow_pickle=False) as file:
                content = dict(file)
            name = str(content["sampler"])
            if name == cls.__name__:
                return cls._restored(content)
        except DAMAGED as error:
            raise ValueError(f"path must be a file that {cls.__name__}.save wrote, got {path!r} ({error}).") from error
        raise ValueError(f"path must be a file of {cls.__name__}, got a file of {name}. Use {name}.load.")

    @classmethod
    def _restored(cls, content: dict[str, Any]) -> Self:
        sampler = cls(**json.loads(str(content["arguments"])))
        for state in cls.states:
            setattr(sampler, state, content[state])
        sampler.code_shape = tuple(content["code_shape"].tolist())
        return sampler

    def _arguments(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def _fitted_shape(self) -> tuple[int, ...]:
        if self.code_shape is None:
            raise ValueError(f"{type(self).__name__} must be fitted before use: call fit(model.encode(images)).")
        return self.code_shape


def _checked_codes(codes: Any) -> np.ndarray:
    try:
        array = np.asarray(codes, "float64")
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"codes must be an array of numbers (n, ...), got {type(codes).__name__}. Pass only the codes that "
            "model.encode(images) returns."
        ) from error
    if array.ndim < 2 or len(array) < 2 or array.size == 0:
        raise ValueError(f"codes must hold at least two codes, of shape (n, ...), got the shape {array.shape}.")
    if not np.isfinite(array).all():
        raise ValueError(f"codes must be finite, got {np.sum(~np.isfinite(array))} values that are not finite.")
    return array


def covariance_factor(covariance: np.ndarray) -> np.ndarray:
    """Return a matrix whose product with its transpose is `covariance`, which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0.0))
