"""The meaning of pixel values: loading and all methods of models follow the same rule for all containers."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_cae
from keras_cae.images import scale_images

VALUES = np.random.default_rng(0).integers(0, 256, (8, 8, 6, 1))
VALUES[:, 0, 0] = 255  # This holds for every batch.
BLACK_AND_WHITE = VALUES > 127
# The values; their meaning in [0, 1], or the error of loading; and the error of models, or None.
CASES = {
    "bool": (BLACK_AND_WHITE, BLACK_AND_WHITE, None),
    "uint8": (VALUES.astype("uint8"), VALUES / 255, None),
    "uint16": (VALUES.astype("uint16") * 257, VALUES / 255, None),
    "int32 that uses its type": (VALUES.astype("int32") * 8_400_000, VALUES * 8_400_000 / (2**31 - 1), None),
    "uint64 that uses its type": (VALUES.astype("uint64") << np.uint64(56), VALUES / 256, None),
    "zeros and ones in uint8": (BLACK_AND_WHITE.astype("uint8"), BLACK_AND_WHITE, r"astype\('bool'\)"),
    "zeros and ones in int64": (BLACK_AND_WHITE.astype("int64"), BLACK_AND_WHITE, "bool"),
    "8 bits in uint16": (VALUES.astype("uint16"), VALUES / 255, r"8-bit images. Pass \w+\.astype\('uint8'\)"),
    "8 bits in int16": (VALUES.astype("int16"), VALUES / 255, r"\w+\.astype\('uint8'\)"),
    "8 bits in int32": (VALUES.astype("int32"), VALUES / 255, r"8-bit images. Pass \w+\.astype\('uint8'\)"),
    "8 bits in int64": (VALUES, VALUES / 255, r"8-bit images. Pass \w+\.astype\('uint8'\)"),
    "7 bits in int8": ((VALUES // 2).astype("int8"), VALUES // 2 / 255, r"\w+\.astype\('uint8'\)"),
    "12 bits in int16": ((VALUES * 16).astype("int16"), VALUES * 16 / 65535, r"\w+\.astype\('uint16'\)"),
    "15 bits in int16": ((VALUES * 128).astype("int16"), VALUES * 128 / 65535, r"\w+\.astype\('uint16'\)"),
    "16 bits in uint32": (
        (VALUES * 257).astype("uint32"),
        VALUES / 255,
        r"16-bit images. Pass \w+\.astype\('uint16'\)",
    ),
    "20 bits in int32": (
        (VALUES * 4000).astype("int32"),
        r"Scale the images: images / 1020000\.",
        "the value of white is unclear",
    ),
    "CT numbers": (
        (VALUES * 8 - 1000).astype("int16"),
        r"Scale the images: \(images \+ 1000\) / 2040",
        "negative integers",
    ),
    "CT numbers in int32": (VALUES.astype("int32") - 128, "got integers from -128 to", "negative integers"),
    "NaN": (np.where(VALUES < 9, np.nan, VALUES / 255), "NaN", "not a number"),
    "infinite": (np.where(VALUES < 9, np.inf, VALUES / 255), "infinite", "infinite"),
    "beyond float32": (VALUES * 1e300, "floats from 0 to 1, got", "infinite"),
    "float16": ((VALUES / 255).astype("float16"), (VALUES / 255).astype("float16"), None),
    "float64": (VALUES / 255, VALUES / 255, None),
    "an overshoot": (VALUES / 255 * 1.1 - 0.05, VALUES / 255 * 1.1 - 0.05, None),
    "floats from 0 to 255": (VALUES.astype("float32"), VALUES / 255, "values from 0 to 255.*divide them by 255"),
    "floats from 0 to 16": (VALUES / 16, "got values from 0 to 15.9", "values from 0 to 15.9"),
}
CONTAINERS = {
    "array": lambda images: images,
    "dataset": lambda images: tf.data.Dataset.from_tensor_slices(images).batch(4),
}
WAYS = {
    "fit": lambda model, data: model.fit(data, verbose=0),
    "evaluate": lambda model, data: model.evaluate(data, verbose=0),
    "predict": lambda model, data: model.predict(data, verbose=0),
    "encode": lambda model, data: model.encode(data),
    "encoder": lambda model, data: model.encoder.predict(data, verbose=0),
}


def make(output_activation="sigmoid"):
    keras.utils.set_random_seed(0)
    model = keras_cae.models.BasicCAE(2, filters=(2,), output_activation=output_activation)
    model.compile("sgd", "mse")
    model.build((None, 8, 6, 1))
    return model


@pytest.fixture(scope="module")
def untrained():
    """The tests that share this model never train it, because all of its batches are rejected or only predicted."""
    return make()


@pytest.mark.parametrize("case", CASES)
def test_loading(case):
    images, meaning, _ = CASES[case]
    if isinstance(meaning, str):
        with pytest.raises(ValueError, match=meaning):
            keras_cae.datasets.load_images(images)
        return
    loaded = keras_cae.datasets.load_images(images)
    np.testing.assert_allclose(scale_images(loaded.images), meaning, atol=1e-6)
    model = untrained_gate()
    model.check_array(loaded.images, "images")  # Models accept loaded images.


def untrained_gate():
    from keras_cae.training.input_gate import InputGate

    return InputGate("sigmoid")


@pytest.mark.parametrize("case", [case for case, (_, _, problem) in CASES.items() if problem is None])
def test_what_a_model_takes(case):
    images, meaning, _ = CASES[case]
    model, expected = make(), make()
    expected.run_eagerly = True  # which takes less time than tracing the steps
    np.testing.assert_allclose(model.encode(images), model.encode(meaning.astype("float32")), atol=2e-3)
    loss = model.fit(images, verbose=0).history["loss"]
    assert loss == pytest.approx(expected.fit(meaning.astype("float32"), verbose=0).history["loss"], rel=2e-3)


@pytest.mark.parametrize("case", [case for case, (_, _, problem) in CASES.items() if problem is not None])
def test_what_a_model_refuses(untrained, case):
    images, _, problem = CASES[case]
    before = untrained.get_weights()
    ways = [(way, CONTAINERS["array"]) for way in WAYS.values()]
    for way, container in [*ways, *((WAYS[way], CONTAINERS["dataset"]) for way in ("fit", "encode"))]:
        with pytest.raises(ValueError, match=problem):
            way(untrained, container(images))
    for call in (untrained, untrained.encoder, untrained.predict_on_batch, untrained.train_on_batch):
        with pytest.raises(ValueError, match=problem):
            call(images)
    for weight, kept in zip(untrained.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, kept)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ((VALUES * 16).astype("uint16"), r"largest value of the first batch is 4080, where white is 65535.*12-bit"),
        ((VALUES // 16).astype("uint8"), "largest value of the first batch is 15, where white is 255"),
    ],
)
def test_training_on_nearly_black_images_is_noted(images, message):
    with pytest.warns(UserWarning, match=message):
        make().fit(images, verbose=0)
    assert any("nearly black" in note for note in keras_cae.datasets.load_images(images).notes)


def test_dark_batches_of_the_type_of_the_training_are_taken(tmp_path):
    images = VALUES.astype("uint16") * 257
    model = make()
    model.fit(images, verbose=0)
    model.save(tmp_path / "model.keras")
    for one in (model, keras.saving.load_model(tmp_path / "model.keras")):
        one.predict(np.minimum(images, 1), verbose=0)
        one.encode(np.minimum(images, 1))


def test_targets_of_integers_are_known_by_their_own_type():
    x = (VALUES / 255).astype("float32")
    bright, dark = VALUES.astype("uint16") * 257, VALUES.astype("uint16")
    with pytest.raises(ValueError, match=r"y has the type uint16.*8-bit images"):
        make().fit(x, dark, verbose=0)
    make().fit(x, np.concatenate([bright[:4], dark[4:]]), batch_size=4, shuffle=False, verbose=0)


def test_floats_of_any_scale_where_the_output_is_linear():
    model = make("linear")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(VALUES.astype("float32"), verbose=0)
    with pytest.raises(ValueError, match=r"trained on floats from 0 to 255, but .* uint8"):
        model.predict(VALUES.astype("uint8"), verbose=0)
    with pytest.raises(ValueError, match="trained on images with values from 0 to 255"):
        model.encode(VALUES * 100.0)


def test_the_exported_model_takes_the_type_of_the_training(tmp_path):
    model = make()
    model.fit(VALUES.astype("uint8"), verbose=0)
    model.export(tmp_path / "model", verbose=False)
    served = tf.saved_model.load(tmp_path / "model")
    expected = model.predict(VALUES.astype("uint8"), verbose=0)
    np.testing.assert_allclose(served.serve(VALUES.astype("uint8")), expected, atol=1e-6)
    with pytest.raises((TypeError, ValueError)):
        served.serve(tf.constant(VALUES, "float32"))


@pytest.mark.parametrize("resize", [False, True])
@pytest.mark.parametrize("case", ["8 bits in uint16", "zeros and ones in uint8", "uint8", "uint16"])
def test_a_folder_is_taken_as_an_array_is(tmp_path, case, resize):
    from PIL import Image

    images = CASES[case][0]
    for number, image in enumerate(images):
        Image.fromarray(image[..., 0]).save(tmp_path / f"{number}.png")
    arguments = {"image_size": (4, 5)} if resize else {}
    folder = keras_cae.datasets.load_images(tmp_path, **arguments)
    array = keras_cae.datasets.load_images(images, **arguments)
    np.testing.assert_array_equal(folder.images, array.images)
    assert folder.images.dtype == array.images.dtype
    assert len(folder.notes) == len(array.notes)
