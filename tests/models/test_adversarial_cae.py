"""The adversarial autoencoder: its two losses, its two optimizers and its codes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_cae
from keras_cae.models import AdversarialCAE


def made(images, policy="float32", **compile_arguments):
    keras.utils.set_random_seed(0)
    model = AdversarialCAE(2, adversarial_weight=0.3, discriminator_units=(8, 5), filters=(3, 4), seed=1, dtype=policy)
    model.build(images.shape)
    second = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.02, 50), beta_1=0.4)
    arguments = {"optimizer": keras.optimizers.Adam(0.01), "discriminator_optimizer": second}
    model.compile(**{**arguments, "loss": "mse", **compile_arguments})
    return model


def fit(model, images, epochs=2, **arguments):
    return model.fit(images, batch_size=4, epochs=epochs, shuffle=False, verbose=0, **arguments).history


def assert_equal_weights(model, expected):
    for ours, theirs in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def softplus(x):
    return np.logaddexp(0, np.asarray(x, "float64"))


@pytest.fixture(scope="module")
def model(digits):
    keras.utils.set_random_seed(0)
    model = AdversarialCAE(2, discriminator_units=(64, 64), filters=(8, 16), seed=1)
    model.compile(keras.optimizers.Adam(0.003), "mse")
    model.fit(digits[0], epochs=25, batch_size=64, verbose=0)
    return model


@pytest.mark.slow
def test_it_learns_and_its_codes_are_normal(model, digits):
    train, test = digits
    error = ((model.predict(test, verbose=0) - test) ** 2).mean()
    assert error < 0.8 * ((train.mean(axis=0) - test) ** 2).mean()
    codes = model.encode(train)
    assert np.abs(codes.mean(axis=0)).max() < 0.4
    np.testing.assert_allclose(np.cov(codes.T), np.eye(2), atol=0.5)


@pytest.mark.slow
def test_samples_are_decoded_codes_of_the_prior(model, digits):
    drawn = model.sample(500, seed=1)
    assert drawn.shape == (500, 8, 8, 1)
    np.testing.assert_array_equal(model.sample(20, seed=1), drawn[:20])
    assert np.abs(drawn.mean(axis=0) - digits[0].mean(axis=0)).mean() < 0.07


def test_logs(model, digits):
    test = digits[1]
    prior = keras.random.normal((len(test), 2), seed=0)
    codes, drawn = (np.asarray(model.discriminator(z)) for z in (model.encode(test), prior))
    for weight in (0.02, 3.0):
        model.adversarial_weight = weight
        logs = model.evaluate(test, batch_size=len(test), verbose=0, return_dict=True)
        assert logs["generator_loss"] == pytest.approx(softplus(-codes).mean(), rel=1e-4)
        told_apart = (softplus(codes).mean() + softplus(-drawn).mean()) / 2
        assert logs["discriminator_loss"] == pytest.approx(told_apart, rel=1e-4)
        error = ((model.predict(test, verbose=0) - test) ** 2).mean()
        assert logs["reconstruction_loss"] == pytest.approx(error, rel=1e-4)
        total = logs["reconstruction_loss"] + weight * logs["generator_loss"]
        assert logs["loss"] == pytest.approx(total, rel=1e-5)


def test_each_optimizer_follows_its_own_gradient(images):
    """An independent implementation of one step."""
    rates = {"optimizer": keras.optimizers.SGD(0.5), "discriminator_optimizer": keras.optimizers.SGD(0.25)}
    model, other = (made(images, **rates) for _ in range(2))
    prior = keras.random.normal((len(images), 2), seed=other.bottleneck.seed_generator)
    with tf.GradientTape(persistent=True) as tape:
        codes = other.encoder(images)
        judged = other.discriminator(codes)
        told_codes = tf.nn.softplus(other.discriminator(tf.stop_gradient(codes)))
        told_prior = tf.nn.softplus(-other.discriminator(prior))
        discriminator_loss = tf.reduce_mean(told_codes + told_prior) / 2
        deceived = tf.reduce_mean(tf.nn.softplus(-judged))
        loss = tf.reduce_mean((other.decoder(codes) - images) ** 2) + 0.3 * deceived
    networks = [*other.encoder.trainable_variables, *other.decoder.trainable_variables]
    judges = other.discriminator.trainable_variables
    for rate, target, variables in ((0.5, loss, networks), (0.25, discriminator_loss, judges)):
        for variable, gradient in zip(variables, tape.gradient(target, variables), strict=True):
            variable.assign_sub(rate * gradient)
    model.fit(images, batch_size=len(images), shuffle=False, verbose=0)
    for variable, expected in zip(model.trainable_variables, other.trainable_variables, strict=True):
        np.testing.assert_allclose(variable, expected, rtol=1e-4, atol=1e-6)
    for variable, expected in zip(model.discriminator.variables, other.discriminator.variables, strict=True):
        np.testing.assert_allclose(variable, expected, rtol=1e-4, atol=1e-6)


def test_the_main_optimizer_has_nothing_of_the_discriminator(images):
    model = made(images)
    fit(model, images, callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch: 0.001)])
    assert float(model.optimizer.learning_rate) == pytest.approx(0.001)
    others = len(model.trainable_variables) - len(model.discriminator.variables)
    assert len(model.optimizer.variables) == 2 + 2 * others
    assert len(model.weights) == len(model.trainable_weights) + len(model.non_trainable_weights)
    assert len(model.discriminator_optimizer.variables) == 1 + 2 * len(model.discriminator.variables)
    assert int(model.optimizer.iterations) == int(model.discriminator_optimizer.iterations) == 6


def test_a_frozen_discriminator_stays_as_it_is(images):
    model = made(images)
    model.discriminator.trainable = False
    model.make_train_function(force=True)
    before = model.discriminator.get_weights()
    fit(model, images)
    for weight, expected in zip(model.discriminator.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_training_goes_on_exactly_where_it_was_saved(policy, images, tmp_path):
    undisturbed, saved = made(images, policy), made(images, policy)
    fit(undisturbed, images, 4)
    fit(saved, images, 2)
    saved.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for optimizer in (loaded.optimizer, loaded.discriminator_optimizer):
        wrapped = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        assert wrapped == (policy == "mixed_float16")
        assert int(getattr(optimizer, "inner_optimizer", optimizer).iterations) == 6
    inner = getattr(loaded.discriminator_optimizer, "inner_optimizer", loaded.discriminator_optimizer)
    assert inner.beta_1 == 0.4
    fit(loaded, images, 2)
    assert_equal_weights(loaded, undisturbed)


@pytest.mark.slow
def test_an_interrupted_training_is_restored(images, tmp_path):
    class Interruption(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise InterruptedError

    undisturbed, interrupted, restored = (made(images) for _ in range(3))
    fit(undisturbed, images, 4)
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(InterruptedError):
        fit(interrupted, images, 4, callbacks=[backup, Interruption()])
    # The state of the noise also continues. A backup does not contain it, so it is taken from the interrupted model.
    restored.bottleneck.seed_generator.state.assign(interrupted.bottleneck.seed_generator.state)
    fit(restored, images, 4, callbacks=[keras.callbacks.BackupAndRestore(tmp_path / "backup")])
    assert_equal_weights(restored, undisturbed)


@pytest.mark.slow
def test_callbacks_that_keep_the_best(images, tmp_path):
    model = made(images)
    best = keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", save_best_only=True)
    stop = keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True)
    history = fit(model, images, 4, validation_data=images, callbacks=[best, stop])
    logs = keras.saving.load_model(tmp_path / "best.keras").evaluate(images, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(min(history["val_loss"]), rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        {"jit_compile": True},
        {"run_eagerly": True},
        {"optimizer": keras.optimizers.SGD(0.1, use_ema=True)},
        {"optimizer": keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)},
    ],
    ids=lambda arguments: next(iter(arguments)),
)
def test_ways_to_train(arguments, images):
    model = made(images, **arguments)
    model.adversarial_weight = 0.001
    history = fit(model, images, 6)
    assert history["reconstruction_loss"][-1] < history["reconstruction_loss"][0]
    assert np.isfinite(history["discriminator_loss"]).all()


@pytest.mark.slow
def test_several_steps_at_once_are_the_same_steps(images):
    several, one = made(images, steps_per_execution=3), made(images)
    assert fit(several, images)["loss"] == pytest.approx(fit(one, images)["loss"], rel=1e-5)


def test_targets_out_of_range_leave_the_discriminator_alone(images):
    model = made(images)
    before = model.get_weights()
    with pytest.raises(ValueError, match="'sigmoid' has values from 0 to 1"):
        model.fit(tf.data.Dataset.from_tensor_slices(images * 255).batch(4), verbose=0)
    for weight, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_accumulated_gradients_are_refused_on_replicas(images, two_replicas):
    with two_replicas.scope():
        model = made(images, discriminator_optimizer=keras.optimizers.SGD(gradient_accumulation_steps=2))
    with pytest.raises(ValueError, match="gradient_accumulation_steps must be None under MirroredStrategy"):
        fit(model, images)


def test_defaults_and_wrong_arguments(images):
    model = made(images, discriminator_optimizer=None)
    assert isinstance(model.discriminator_optimizer, keras.optimizers.Adam)
    by_name = made(images, discriminator_optimizer="sgd").discriminator_optimizer
    assert isinstance(by_name, keras.optimizers.SGD)
    optimizer = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="discriminator_optimizer and optimizer must be different objects"):
        model.compile(optimizer, "mse", discriminator_optimizer=optimizer)
    for arguments, message in (
        ({"latent_dim": None}, "latent_dim must be a positive integer, got None"),
        ({"discriminator_units": ()}, "discriminator_units must hold at least one"),
        ({"adversarial_weight": -1}, "adversarial_weight must be a finite number, zero or above, got -1"),
    ):
        with pytest.raises(ValueError, match=message):
            AdversarialCAE(**{"latent_dim": 2, **arguments})
    assert keras_cae.models.AdversarialCAE(2).adversarial_weight > 0
