"""The bottleneck of vector-quantized autoencoders, whose codebook tracks the encoder's output."""

from typing import Any, ClassVar

import keras
import tensorflow as tf
from keras import ops

from keras_cae.layers.penalty import Penalty
from keras_cae.layers.penalty_weight import PenaltyWeight
from keras_cae.layers.quantizer import Quantizer
from keras_cae.training.replicas import pick_from_replicas, replica_count, sum_over_replicas, valid_in_step
from keras_cae.validation import fraction, non_negative_float, positive_int, seed

SMOOTHING = 1e-5
"""The constant that is added to every count to avoid division by zero."""
SMALLEST_COUNT = 1e-30
"""The minimum count of a code that has been used. Only codes that were never used have the count 0."""
CODES_AT_ONCE = 128
"""The number of codes whose distances to all vectors are in memory at the same time."""


@keras.saving.register_keras_serializable(package="keras_cae")
class VectorQuantizer(Quantizer):
    """Replaces each vector with the nearest one of a codebook, which is learned as a moving average.

    The gradient passes straight through to the vectors `z`, which a penalty keeps close to their codes `e` (van den
    Oord et al. 2017, "Neural Discrete Representation Learning"),

        commitment_weight · mean over all values of (z − e)²,

    added in training and evaluation. The codes are not learned by gradient descent; they are moving averages of the
    vectors that they replace (its appendix A.1; Razavi et al. 2019, "Generating Diverse High-Fidelity Images with
    VQ-VAE-2"): in each batch, the `n_k` vectors of code `k`, whose sum is `s_k`, update

        N_k ← decay · N_k + (1 − decay) · n_k
        m_k ← decay · m_k + (1 − decay) · s_k
        e_k = m_k / N'_k,    N'_k = (N_k + ε) / (Σ N + ε K) · Σ N.

    A code with `N_k` below `revival_threshold` times the average is considered dead. In training, it is replaced with a
    vector of the batch before the batch is quantized (Dhariwal et al. 2020, "Jukebox"), and starts with the threshold
    as its count. In the first batch, this initializes the whole codebook, so that no code starts far from the data.

    Logs: `commitment_loss`, without the weight; `perplexity` and `codebook_usage`, of the epoch.

    Args:
        codebook_size: number of codes, `K`.
        code_dim: size of each vector.
        commitment_weight: weight of the penalty. Setting the attribute takes effect in the next step.
        decay: decay rate of the moving averages, from 0 to below 1.
        revival_threshold: usage, relative to the average, below which a code is replaced; 0 for never.
        seed: seed of the choice of replacements.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, ..., code_dim)`.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid, or the inputs have another size.

    Example:

    >>> quantizer = keras_cae.layers.VectorQuantizer(codebook_size=16, code_dim=4)
    >>> features = np.random.default_rng(0).random((5, 7, 7, 4))
    >>> quantizer(features, training=True).shape
    TensorShape([5, 7, 7, 4])
    >>> quantizer.indices(features).shape
    TensorShape([5, 7, 7])
    """

    weights_of_penalties = ("commitment_weight",)
    commitment_weight: Any = PenaltyWeight("commitment")
    rules: ClassVar = {
        "codebook_size": positive_int,
        "code_dim": positive_int,
        "commitment_weight": non_negative_float,
        "decay": fraction,
        "revival_threshold": non_negative_float,
        "seed": seed,
    }

    def __init__(
        self,
        codebook_size: int,
        code_dim: int,
        *,
        commitment_weight: float = 0.25,
        decay: float = 0.99,
        revival_threshold: float = 0.1,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.commitment = Penalty(name="commitment_loss")
        self.keep(
            codebook_size=codebook_size,
            code_dim=code_dim,
            commitment_weight=commitment_weight,
            decay=decay,
            revival_threshold=revival_threshold,
            seed=seed,
        )
        self.make_metrics()
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        codes = (self.codebook_size, self.code_dim)
        # Random rather than zero, because a model can encode images before it is trained.
        self.codebook = self._state("codebook", codes, keras.initializers.RandomNormal(seed=self.seed))
        self.counts = self._state("counts", codes[:1], "zeros")
        self.sums = self._state("sums", codes, "zeros")

    def _state(self, name: str, shape: tuple[int, ...], initializer: Any) -> Any:
        return self.add_weight(
            shape=shape,
            initializer=initializer,
            dtype="float32",
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
            name=name,
        )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        values = ops.cast(inputs, "float32")
        if training:
            self._replace_dead_vectors(values)
        indices = self.indices(values)
        codes = self.vectors(indices)
        errors = ops.square(values - ops.stop_gradient(codes))
        self.commitment(ops.mean(errors, axis=tuple(range(1, len(errors.shape)))), training=training)
        self.report_use(indices, training)
        if training:
            self._update_codebook(values, indices)
        return self.replaced(values, codes)

    def indices(self, inputs: Any) -> Any:
        values = ops.cast(inputs, "float32")
        rows = ops.stop_gradient(ops.reshape(values, (-1, self.code_dim)))
        found = _nearest(rows, ops.convert_to_tensor(self.codebook))
        return ops.reshape(found, ops.shape(values)[:-1])

    def vectors(self, indices: Any) -> Any:
        return ops.take(self.codebook, indices, axis=0)

    def _replace_dead_vectors(self, values: Any) -> None:
        """Replace codes that are rarely used with vectors of the batch."""
        rows = self._valid_rows(values)
        batch = self._sum_over_batch(ops.cast(ops.shape(rows)[0], "float32"))
        average = ops.sum(self.counts) / self.codebook_size
        dead = self.counts <= self.revival_threshold * average
        places = keras.random.uniform((self.codebook_size,), dtype="float32", seed=self.seed_generator)
        # Stratified sampling: one vector from each of `codebook_size` sections of the batch, to avoid duplicates.
        places = (ops.arange(self.codebook_size, dtype="float32") + places) / self.codebook_size
        vectors = pick_from_replicas(rows, places)
        count = batch / self.codebook_size * (self.revival_threshold or 1.0)
        self.codebook.assign(ops.where(dead[:, None], vectors, self.codebook))
        self.sums.assign(ops.where(dead[:, None], vectors * count, self.sums))
        self.counts.assign(ops.where(dead, count, self.counts))

    def _update_codebook(self, values: Any, indices: Any) -> None:
        """Move the codes towards the vectors that they replace."""
        rows = self._valid_rows(values)
        numbers = ops.reshape(valid_in_step(indices), (-1,))
        ones_and_rows = ops.concatenate([ops.ones_like(rows[:, :1]), rows], axis=-1)
        totals = self._sum_over_batch(tf.math.unsorted_segment_sum(ones_and_rows, numbers, self.codebook_size))
        counts = self.decay * self.counts + (1.0 - self.decay) * totals[:, 0]
        counts = ops.maximum(counts, SMALLEST_COUNT)
        sums = self.decay * self.sums + (1.0 - self.decay) * totals[:, 1:]
        total = ops.sum(counts)
        smooth = (counts + SMOOTHING) / (total + SMOOTHING * self.codebook_size) * total
        self.counts.assign(counts)
        self.sums.assign(sums)
        self.codebook.assign(sums / smooth[:, None])

    def _valid_rows(self, values: Any) -> Any:
        return ops.reshape(ops.stop_gradient(valid_in_step(values)), (-1, self.code_dim))

    def _sum_over_batch(self, value: Any) -> Any:
        return value if replica_count() == 1 else sum_over_replicas(value)


def _nearest(rows: Any, codebook: Any) -> Any:
    """Return the index of the codebook vector that is nearest to each row; the first index in case of a tie.

    The codebook is processed in parts, in a Python loop: a loop in the graph would hold lists of tensors, which ONNX,
    OpenVINO and LiteRT don't support.

    Args:
        rows: tensor of shape `(n, d)`.
        codebook: tensor of shape `(codebook_size, d)`.
    """
    half_squares = ops.sum(ops.square(codebook), axis=-1) / 2.0
    found = smallest = None
    for start in range(0, codebook.shape[0], CODES_AT_ONCE):
        part = slice(start, start + CODES_AT_ONCE)
        # |z − e|² / 2 without |z|² / 2, which is the same for all codes.
        distances = half_squares[part] - ops.matmul(rows, ops.transpose(codebook[part]))
        nearest = tf.argmin(distances, axis=-1, output_type=tf.int32)
        distance = ops.min(distances, axis=-1)
        if found is None:
            found, smallest = nearest, distance
        else:
            found = ops.where(distance < smallest, nearest + start, found)
            smallest = ops.minimum(distance, smallest)
    return found
