"""Any input of a model gives the same result as plain floats, or a helpful error."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import keras_cae

SHAPE = (8, 6, 2)
IMAGES = np.random.default_rng(0).integers(0, 256, (10, *SHAPE), dtype="uint8")
FLOATS = (IMAGES / 255).astype("float32")


def examples(count):
    """A number of examples, the same in every run."""
    return settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


class Batches(keras.utils.PyDataset):
    def __init__(self, images):
        super().__init__()
        self.batches = [images[:4], images[4:]]

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return (self.batches[index],)


CONTAINERS = {
    "array": lambda images: images,
    "tensor": tf.constant,
    "list": list,
    "dataset": lambda images: tf.data.Dataset.from_tensor_slices(images).batch(4),
    "dataset of unknown sizes": lambda images: tf.data.Dataset.from_generator(
        lambda: iter([images[:4], images[4:]]),
        output_signature=tf.TensorSpec([*[None] * (images.ndim - 1), images.shape[-1]], images.dtype),
    ),
    "PyDataset": Batches,
    "generator": lambda images: (part for part in (images[:4], images[4:])),
}
# Images with the same values in other dtypes.
SAME = {
    "uint8": IMAGES,
    "uint16": IMAGES.astype("uint16") * 257,
    "float16": FLOATS.astype("float16"),
    "float32": FLOATS,
    "float64": IMAGES / 255,
}
WRONG = {
    "8 bits in uint16": IMAGES.astype("uint16"),
    "8 bits in int32": IMAGES.astype("int32"),
    "8 bits in int64": IMAGES.astype("int64"),
    "12 bits in int32": IMAGES.astype("int32") * 16,
    "16 bits in uint32": IMAGES.astype("uint32") * 257,
    "negative integers": IMAGES.astype("int16") - 100,
    "floats from 0 to 255": FLOATS * 255,
    "NaN": np.where(IMAGES < 9, np.float32(np.nan), FLOATS),
    "infinite": np.where(IMAGES > 250, np.float32(np.inf), FLOATS),
    "complex": FLOATS.astype("complex64"),
    "transposed": np.swapaxes(FLOATS, 1, 2),
    "taller": np.repeat(FLOATS, 2, axis=1),
    "three channels": FLOATS[..., [0, 1, 0]],
    "without an axis": FLOATS[..., 0],
    "empty": FLOATS[:0],
}
ENTRIES = {
    "predict": lambda model, data: model.predict(data, verbose=0),
    "encode": lambda model, data: model.encode(data),
    "evaluate": lambda model, data: np.float32(model.evaluate(data, batch_size=batch_size(data), verbose=0)),
    "corrupt": lambda model, data: np.asarray(model.corrupt(data)),
    "call": lambda model, data: np.asarray(model(data)),
    "predict_on_batch": lambda model, data: model.predict_on_batch(data),
    "test_on_batch": lambda model, data: np.float32(model.test_on_batch(data)),
}
OF_ARRAYS = ("array", "tensor")
OF_BATCHES = ("corrupt", "call", "predict_on_batch", "test_on_batch")


def batch_size(data):
    return 4 if isinstance(data, np.ndarray | tf.Tensor | list) else None


def make(trained_on="uint8"):
    keras.utils.set_random_seed(0)
    model = keras_cae.models.BasicCAE(3, filters=(2, 4), corruption=keras.layers.GaussianNoise(0.1, seed=1))
    model.compile("adam", "mse")
    model.fit(SAME[trained_on], batch_size=5, verbose=0)
    return model


@pytest.fixture(scope="module")
def models():
    return {dtype: make(dtype) for dtype in ("uint8", "float32", "uint16")}


def fitting(entry, container):
    return entry not in OF_BATCHES or container in OF_ARRAYS


WAYS = [(entry, container) for entry in ENTRIES for container in CONTAINERS if fitting(entry, container)]


@examples(16)
@given(way=st.sampled_from(WAYS), dtype=st.sampled_from(sorted(SAME)), trained=st.sampled_from(["uint8", "float32"]))
def test_the_same_images_in_any_container_and_type(models, way, dtype, trained):
    entry, container = way
    result = ENTRIES[entry](models[trained], CONTAINERS[container](SAME[dtype]))
    expected = ENTRIES[entry](models[trained], FLOATS)
    np.testing.assert_allclose(result, expected, atol=2e-3)


@examples(40)
@given(
    way=st.sampled_from(WAYS),
    fault=st.sampled_from(sorted(WRONG)),
    trained=st.sampled_from(["uint8", "float32", "uint16"]),
)
def test_a_wrong_batch_is_refused_at_every_entry(models, way, fault, trained):
    entry, container = way
    if fault == "8 bits in uint16" and trained == "uint16":
        return  # Dark images.
    with pytest.raises((TypeError, ValueError), match=r"(?i)images|\bx\b"):
        ENTRIES[entry](models[trained], CONTAINERS[container](WRONG[fault]))


@examples(6)
@given(container=st.sampled_from(sorted(CONTAINERS)), fault=st.sampled_from(sorted(WRONG)))
def test_a_refused_fit_leaves_no_trace(models, container, fault):
    model = models["uint8"]
    before = [np.array(part) for part in (*model.get_weights(), *model.optimizer.variables)]
    with pytest.raises((TypeError, ValueError), match=r"(?i)images|\bx\b"):
        model.fit(CONTAINERS[container](WRONG[fault]), verbose=0)
    after = [np.array(part) for part in (*model.get_weights(), *model.optimizer.variables)]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(new, old)


@pytest.mark.slow
@examples(5)
@given(
    container=st.sampled_from(sorted(CONTAINERS)),
    dtype=st.sampled_from(sorted(SAME)),
)
def test_every_container_trains_alike(container, dtype):
    def trained(data, **arguments):
        model = make_untrained()
        model.fit(data, verbose=0, shuffle=False, **arguments)
        return model.predict(FLOATS, verbose=0)

    data = CONTAINERS[container](SAME[dtype])
    result = trained(data, batch_size=batch_size(data))
    if container in ("dataset of unknown sizes", "PyDataset", "generator"):
        expected = trained(
            tf.data.Dataset.from_generator(
                lambda: iter([FLOATS[:4], FLOATS[4:]]), output_signature=tf.TensorSpec((None, *SHAPE))
            )
        )
    else:
        expected = trained(FLOATS, batch_size=4)
    np.testing.assert_allclose(result, expected, atol=2e-3)


def make_untrained():
    keras.utils.set_random_seed(0)
    model = keras_cae.models.BasicCAE(None, filters=(2, 4))
    model.compile("adam", "mse", run_eagerly=True)
    return model
