"""Checks that all public classes of a kind must pass. They do not refer to any class of the library."""

import inspect
import json
import re

import keras
import numpy as np
import pytest

POLICIES = ("float32", "mixed_bfloat16", "mixed_float16", "float64")


def public_subclasses(module, base):
    """The public classes of a module that are subclasses of a class, without this class itself."""
    public = [getattr(module, name) for name in module.__all__]
    return [cls for cls in public if inspect.isclass(cls) and issubclass(cls, base) and cls is not base]


def check_table(expected, table, where):
    """Check that a table has a row for each of the classes or names, and no others."""
    missing, left_over = set(expected) - set(table), set(table) - set(expected)
    assert not missing, f"add {_listed(missing)} to {where}"
    assert not left_over, f"left over, remove {_listed(left_over)}: {where}"


def _listed(names):
    """Names, or the public names of classes, on one line."""
    return ", ".join(
        sorted(f"{n.__module__.rpartition('.')[0]}.{n.__name__}" if inspect.isclass(n) else n for n in names)
    )


def constructor_arguments(cls):
    """The names of the arguments of a class or function, without `self` and `**kwargs`."""
    named = (p for p in _parameters(cls) if p.kind is not p.VAR_KEYWORD)
    return [p.name for p in named]


def _parameters(public):
    function = public.__init__ if inspect.isclass(public) else public
    return [p for p in inspect.signature(function).parameters.values() if p.name != "self"]


def check_docstring(cls):
    """Check that a docstring has a summary line and an example, and that its arguments are those of the signature."""
    doc = inspect.getdoc(cls)
    first, rest = doc.split("\n", 1)
    assert first.endswith("."), first
    assert rest.startswith("\n"), "the first line stands alone"
    section = re.search(r"^Args:\n((?:    .*\n|\n)+)", doc, re.MULTILINE)
    documented = re.findall(r"^    (\*{0,2}\w+):", section.group(1), re.MULTILINE) if section else []
    expected = constructor_arguments(cls)
    if any(p.kind is p.VAR_KEYWORD for p in _parameters(cls)):
        expected.append("**kwargs")
    assert documented == expected
    assert ">>> " in doc, "no example"


def check_config(cls, arguments):
    """Check that each constructor argument is an attribute, is in the config, and is restored from it."""
    assert set(arguments) == set(constructor_arguments(cls)), "the sweep must name every argument"
    defaults = inspect.signature(cls.__init__).parameters
    for name, value in arguments.items():
        assert value is not defaults[name].default, f"{name} must not be its default"
    made = cls(**arguments)
    config = made.get_config()
    for name in arguments:
        assert hasattr(made, name), name
        assert name in config, name
    assert json.loads(json.dumps(config)), "plain values only"
    again = cls.from_config(config)
    assert again.get_config() == config
    serialized = json.loads(json.dumps(keras.saving.serialize_keras_object(made)))
    registered_name = serialized["registered_name"]
    assert registered_name.startswith(f"keras_cae>{cls.__name__}")
    assert keras.saving.get_registered_object(registered_name) is cls, "the name is another class's"
    revived = keras.saving.deserialize_keras_object(serialized)
    assert type(revived) is cls
    assert json.dumps(revived.get_config()) == json.dumps(config)
    return made


def check_layer(make, inputs):
    """Check the output shapes of all ways to call a layer, the saving of its weights, and its dtype policy."""
    layer = make()
    outputs = layer(inputs)
    assert tuple(outputs.shape) == tuple(layer.compute_output_shape(inputs.shape))
    symbolic = make()(keras.Input(inputs.shape[1:]))
    assert symbolic.shape == (None, *outputs.shape[1:])
    built = make()
    built.build((None, *inputs.shape[1:]))
    assert [w.shape for w in built.weights] == [w.shape for w in layer.weights]
    for child in built._flatten_layers():
        assert child.built, child
    for policy in POLICIES:
        outputs = make(dtype=policy)(inputs)
        assert keras.backend.standardize_dtype(outputs.dtype) == keras.DTypePolicy(policy).compute_dtype


def check_layer_saving(make, inputs, path):
    """Check that a layer in a model is unchanged after saving and loading."""
    model = keras.Sequential([keras.Input(inputs.shape[1:]), make()])
    model.save(path / "layer.keras")
    loaded = keras.saving.load_model(path / "layer.keras")
    np.testing.assert_array_equal(loaded.predict(inputs, verbose=0), model.predict(inputs, verbose=0))


def check_autoencoder(make, images):
    """Check the shape of the reconstruction, and that inference is deterministic. Return the model."""
    model = make()
    reconstructions = model.predict(images, verbose=0)
    assert reconstructions.shape == images.shape
    assert np.isfinite(reconstructions).all()
    np.testing.assert_array_equal(model.predict(images, verbose=0), reconstructions)
    np.testing.assert_array_equal(model.encode(images), model.encode(images))
    assert tuple(model.compute_output_shape(images.shape)) == images.shape
    for layer in model._flatten_layers():
        assert layer.built, layer
    return model


def check_trains(model, images, **compile_arguments):
    """Check that a few steps reduce the loss, and that everything stays finite."""
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", **compile_arguments)
    losses = model.fit(images, epochs=5, batch_size=4, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]
    assert all(np.isfinite(np.asarray(w, "float32")).all() for w in model.get_weights())


def check_precisions(make, images, ways):
    """Check that in another precision, with XLA, or both, the final loss is within 5 % of that in float32."""

    def trained(dtype, jit_compile):
        keras.utils.set_random_seed(0)
        model = make(dtype=dtype)
        model.compile(keras.optimizers.Adam(0.005), loss="mse", jit_compile=jit_compile)
        model.fit(images, epochs=8, batch_size=32, shuffle=False, verbose=0)
        assert all(np.isfinite(np.asarray(w, "float32")).all() for w in model.get_weights())
        return model.evaluate(images, verbose=0, return_dict=True)["loss"]

    expected = trained("float32", False)
    for way in ways:
        loss = trained(*way)
        assert abs(loss / expected - 1) < 0.05, (way, loss, expected)


def slow_but(quick, values):
    """Parameters of a test. All except the quick ones are marked as slow."""
    return [pytest.param(value, marks=() if value in quick else pytest.mark.slow) for value in values]
