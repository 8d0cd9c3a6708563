"""Muon for the kernels of convolutions."""

import math
from typing import Any

import keras
from keras import ops

from keras_cae.compatibility import variable_index
from keras_cae.validation import fraction, non_negative_float, positive_int

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""The coefficients of the polynomial that drives singular values to about 1 (Jordan et al. 2024)."""
ADAM_SIZE = 0.2
"""The root mean square of the updates of Adam, to which those of kernels are scaled (Liu et al. 2025)."""
ADAM_BETAS = (0.9, 0.999)
EPSILON = 1e-7


@keras.saving.register_keras_serializable(package="keras_cae")
class Muon(keras.optimizers.Optimizer):
    """Optimizer that orthogonalizes the updates of convolution and dense kernels.

    Muon (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks") replaces the momentum of a
    kernel by the nearest matrix whose singular values are about equal, so that all directions of a layer are learned at
    the same pace. It computes this matrix with a few multiplications. Updates have the size of those of Adam (Liu et
    al. 2025, "Muon is Scalable for LLM Training"), so its learning rates and schedules can be reused.

    `keras.optimizers.Muon` applies this to matrices only and trains convolutions with Adam. This class treats the
    kernel of a convolution as a matrix with one column for each index of its last axis. Biases, scales, embeddings and
    kernels with a side of fewer than `smallest_side` rows or columns, such as the first and the last convolution, are
    trained with Adam.

    A step takes longer than with Adam by an amount that depends on the kernels, but not on the batch. It pays where a
    batch has many pixels, as in `DenoisingCAE`.

    Args:
        learning_rate: a float, a `keras.optimizers.schedules.LearningRateSchedule` or a callable without arguments.
        momentum: decay of the momentum of kernels, in [0, 1).
        iterations_per_step: number of times that the polynomial is applied.
        smallest_side: minimum number of rows and of columns of a kernel to be orthogonalized.
        name: name of the optimizer.
        **kwargs: arguments of `keras.optimizers.Optimizer`, such as `weight_decay` and `global_clipnorm`.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> model = keras_cae.models.BasicCAE(latent_dim=16, filters=(16, 32))
    >>> model.compile(optimizer=keras_cae.optimizers.Muon(1e-3), loss="mse")
    >>> images = np.random.default_rng(0).random((8, 12, 12, 1), dtype="float32")
    >>> history = model.fit(images, verbose=0)
    """

    def __init__(
        self,
        learning_rate: Any = 0.002,
        momentum: float = 0.95,
        *,
        iterations_per_step: int = 5,
        smallest_side: int = 16,
        name: str = "muon",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=_rate(learning_rate), name=name, **kwargs)
        self.momentum = fraction(momentum, "momentum")
        self.iterations_per_step = positive_int(iterations_per_step, "iterations_per_step")
        self.smallest_side = positive_int(smallest_side, "smallest_side")

    def build(self, variables: Any) -> None:
        """Create the momentum of each variable, and the mean squared gradient of those that Adam trains."""
        if self.built:
            return
        super().build(variables)
        self._means = [self.add_variable_from_reference(variable, name="momentum") for variable in variables]
        self._squares = [
            None if self._orthogonalizes(variable) else self.add_variable_from_reference(variable, name="velocity")
            for variable in variables
        ]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update a variable."""
        gradient, rate = (ops.cast(value, variable.dtype) for value in (gradient, learning_rate))
        index = variable_index(self, variable)
        mean, square = self._means[index], self._squares[index]
        if square is None:
            self._orthogonal_step(gradient, variable, rate, mean)
        else:
            self._adam_step(gradient, variable, rate, mean, square)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "momentum": self.momentum,
            "iterations_per_step": self.iterations_per_step,
            "smallest_side": self.smallest_side,
        }

    def _orthogonalizes(self, variable: Any) -> bool:
        if variable.name != "kernel" or len(variable.shape) < 2:
            return False
        return min(_sides(variable.shape)) >= self.smallest_side

    def _orthogonal_step(self, gradient: Any, kernel: Any, rate: Any, mean: Any) -> None:
        self.assign(mean, self.momentum * mean + gradient)
        ahead = ops.reshape(gradient + self.momentum * mean, _sides(kernel.shape))
        # Half precision is too coarse for the iteration.
        ahead = ops.cast(ahead, keras.backend.result_type(ahead.dtype, "float32"))
        update = ops.cast(orthogonalized(ahead, self.iterations_per_step), kernel.dtype)
        size = ADAM_SIZE * math.sqrt(max(update.shape))
        self.assign_sub(kernel, ops.reshape(rate * size * update, kernel.shape))

    def _adam_step(self, gradient: Any, variable: Any, rate: Any, mean: Any, square: Any) -> None:
        first, second = ADAM_BETAS
        # In half precision, the second factor would be rounded to 1, and nothing would move.
        step = ops.cast(self.iterations + 1, "float32")
        correction = ops.sqrt(1 - ops.power(second, step)) / (1 - ops.power(first, step))
        # Functions instead of operators, which don't support the sparse gradients of embeddings.
        self.assign_add(mean, ops.multiply(ops.subtract(gradient, mean), 1 - first))
        self.assign_add(square, ops.multiply(ops.subtract(ops.square(gradient), square), 1 - second))
        rate = rate * ops.cast(correction, rate.dtype)
        self.assign_sub(variable, rate * mean / (ops.sqrt(square) + EPSILON))


def orthogonalized(matrix: Any, iterations: int) -> Any:
    """Return a matrix with the singular vectors of another one and with singular values of about 1.

    This is the iteration of Newton and Schulz with the coefficients of Muon. It is computed on the product of the
    matrix with itself, which has the length of the shorter side only.
    """
    rows, columns = matrix.shape
    if rows < columns:
        return ops.transpose(orthogonalized(ops.transpose(matrix), iterations))
    first, second, third = COEFFICIENTS
    matrix = matrix / (ops.sqrt(ops.sum(ops.square(matrix))) + EPSILON)
    product = ops.matmul(ops.transpose(matrix), matrix)
    identity = ops.eye(columns, dtype=matrix.dtype)
    factors = identity
    for _ in range(iterations):
        factor = first * identity + second * product + third * ops.matmul(product, product)
        factors = ops.matmul(factors, factor)
        product = ops.matmul(ops.matmul(factor, product), factor)
    return ops.matmul(matrix, factors)


def _rate(value: Any) -> Any:
    """Validate a learning rate. It may be 0, as in files that were saved at the end of a schedule."""
    is_schedule = isinstance(value, keras.optimizers.schedules.LearningRateSchedule)
    if is_schedule or (callable(value) and not isinstance(value, type)):
        return value
    return non_negative_float(value, "learning_rate")


def _sides(shape: Any) -> tuple[int, int]:
    """Return the rows and the columns of the matrix of a kernel."""
    *others, last = shape
    return math.prod(others), last
