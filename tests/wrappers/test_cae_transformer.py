"""The transformer follows scikit-learn's conventions, and its codes are those of the model."""

import pickle

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from keras_cae.models import BasicCAE
from keras_cae.wrappers import CAETransformer

COMPARES_PICKLED_BYTES = "check_estimators_overwrite_params"


def transformer(**arguments):
    arguments = {"image_shape": (8, 8, 1), "epochs": 1, "random_state": 0, **arguments}
    return CAETransformer(BasicCAE(3, filters=(2, 4)), **arguments)


@pytest.fixture(scope="module")
def rows(digits):
    return digits[0][:60].reshape(60, -1)


@pytest.fixture(scope="module")
def fitted(rows):
    return transformer().fit(rows)


def test_codes_and_images(fitted, rows):
    codes = fitted.transform(rows)
    images = rows.reshape(-1, 8, 8, 1)
    np.testing.assert_array_equal(codes, fitted.model_.encode(images))
    restored = fitted.inverse_transform(codes)
    assert restored.shape == rows.shape
    outputs = fitted.model_.predict(images, verbose=0).reshape(60, -1)
    np.testing.assert_allclose(restored, outputs, atol=1e-5)
    errors = np.mean((outputs - rows) ** 2, axis=1)
    np.testing.assert_allclose(fitted.score_samples(rows), -errors, rtol=1e-4)
    assert fitted.score(rows) == pytest.approx(-errors.mean(), rel=1e-4)
    assert list(fitted.get_feature_names_out()) == [f"caetransformer{i}" for i in range(3)]
    assert list(fitted.history_) == ["loss"]


def test_a_seed_gives_the_same_codes_and_leaves_numpy_alone(fitted, rows):
    np.random.seed(3)
    expected = np.random.random(3)
    np.random.seed(3)
    again = clone(fitted).fit(rows)
    np.testing.assert_array_equal(np.random.random(3), expected)
    np.testing.assert_array_equal(again.transform(rows), fitted.transform(rows))


def test_the_model_that_was_passed_stays_as_it_was(rows):
    model = BasicCAE(3, filters=(2, 4))
    model.compile("sgd", "mae", metrics=["mse"])
    model.build((None, 8, 8, 1))
    before = model.get_weights()
    trained = CAETransformer(model, image_shape=(8, 8, 1), epochs=1).fit(rows)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)
    assert isinstance(trained.model_.optimizer, keras.optimizers.SGD)
    assert "mse" in trained.history_


def test_an_optimizer_serves_several_fits(rows):
    estimator = transformer(optimizer=keras.optimizers.SGD(0.1))
    first = estimator.fit(rows).transform(rows)
    np.testing.assert_array_equal(estimator.fit(rows).transform(rows), first)
    assert not estimator.optimizer.built


def test_it_is_pickled(fitted, rows):
    loaded = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(loaded.transform(rows), fitted.transform(rows))
    pickle.loads(pickle.dumps(transformer())).fit(rows)


def test_images_as_they_are(rows):
    whole = np.rint(rows.reshape(-1, 8, 8, 1) * 255).astype("uint8")
    trained = transformer(image_shape=None).fit(whole)
    assert trained.inverse_transform(trained.transform(whole)).shape == whole.shape
    outputs = trained.model_.predict(whole, verbose=0)
    assert trained.score(whole) == pytest.approx(-np.mean((outputs - whole / 255) ** 2), rel=1e-4)
    # Rows have the same values, and feature maps become rows, too.
    assert CAETransformer(BasicCAE(filters=(2, 4)), epochs=1).fit(whole).transform(whole).shape == (60, 8 * 8 * 4 // 4)


@pytest.mark.slow
def test_pipelines_and_searches(digits, rows):
    labels = rows[:, 10] > 0.3
    pipeline = make_pipeline(transformer(), LogisticRegression())
    grid = {"caetransformer__model": [BasicCAE(2, filters=(2,)), BasicCAE(3, filters=(2,))]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(rows, labels)
    assert search.best_estimator_[0].model_.latent_dim in (2, 3)


@pytest.mark.parametrize(
    ("arguments", "data", "error", "message"),
    [
        (
            {"image_shape": None},
            np.zeros((4, 64)),
            ValueError,
            "image_shape must be the shape of the images whose 64 values",
        ),
        ({"image_shape": (8, 9, 1)}, np.zeros((4, 64)), ValueError, r"image_shape must have .* 64, got \(8, 9, 1\)"),
        ({}, np.full((4, 64), 7.0), ValueError, "7"),
        ({}, np.full((4, 64), np.nan), ValueError, "NaN"),
        ({"model": "basic"}, np.zeros((4, 64)), TypeError, "model must be a keras_cae model"),
    ],
)
def test_what_is_refused(arguments, data, error, message):
    with pytest.raises(error, match=message):
        transformer().set_params(**arguments).fit(data)


def test_other_sizes_than_those_of_the_training(fitted):
    with pytest.raises(ValueError, match="X has 63 features, but CAETransformer is expecting 64"):
        fitted.transform(np.zeros((2, 63)))
    with pytest.raises(ValueError, match="3 values per code, got 4"):
        fitted.inverse_transform(np.zeros((2, 4)))


@pytest.mark.slow
def test_the_checks_of_scikit_learn():
    model = BasicCAE(2, rank=1, filters=(2,), normalizer=keras.layers.Normalization(), output_activation="linear")
    model.compile("adam", "mse", run_eagerly=True)  # Each of the many calls of `fit` has few batches.
    results = check_estimator(CAETransformer(model, epochs=1, random_state=0), on_fail=None, on_skip=None)
    failed = {result["check_name"] for result in results if result["status"] == "failed"}
    assert failed == {COMPARES_PICKLED_BYTES}
