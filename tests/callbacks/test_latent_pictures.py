"""Traversals, interpolations, samples and codebooks: the decoded codes, and the figures."""

import keras
import numpy as np
import pytest
from event_files import written
from tiny_models import IMAGES, SHAPE, TinyCodebookCAE, TinyVariationalCAE, compiled, fit, idle

import keras_cae
from keras_cae.callbacks import CodebookSummary, LatentInterpolation, LatentTraversal, PriorSamples
from keras_cae.drawing.image_grid import draw_image_grid
from keras_cae.drawing.latent_interpolation import arc, straight_line
from keras_cae.drawing.thumbnails import index_maps

SKIP = keras_cae.models.SkipConnectionCAE
BASIC = keras_cae.models.BasicCAE


def plain_model(images=IMAGES):
    """A model without a prior, whose code is the first four values of an image, from which images are built."""
    encoder = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(4)])
    decoder = keras.Sequential([keras.layers.Dense(216, activation="sigmoid"), keras.layers.Reshape(SHAPE)])
    model = compiled(keras_cae.models.CAE(encoder, decoder), run_eagerly=True)
    model.train_step = lambda data: {"loss": keras.ops.zeros(())}
    return model


def decoded(model, codes):
    return keras.ops.convert_to_numpy(model.decode(keras.ops.convert_to_tensor(codes)))


def shown(model, callback, directory, tag):
    fit(model, callback)
    ((step, picture),) = written(directory)[tag].items()
    assert step == 0
    return picture


# Traversal


@pytest.mark.parametrize("prior", [True, False])
def test_a_traversal_changes_one_dimension_after_another(tmp_path, prior):
    model = idle(TinyVariationalCAE) if prior else plain_model()
    callback = LatentTraversal(IMAGES, tmp_path, dims=(2, 0), span=1.5, steps=3)
    picture = shown(model, callback, tmp_path, "latent/traversal")
    codes = model.encode(IMAGES)
    units = np.ones(4) if prior else codes.std(axis=0)
    rows = {}
    for dim in (2, 0):
        moved = np.repeat(codes[:1], 3, axis=0)
        moved[:, dim] += np.array([-1.5, 0, 1.5]) * units[dim]
        rows[f"code[{dim}]"] = decoded(model, moved.astype("float32"))
    expected = draw_image_grid(rows, captions={"units": ["-1.5", "0", "1.5"]}, min_side=48)
    np.testing.assert_array_equal(picture, expected)


def test_a_traversal_shows_the_dimensions_that_vary_most():
    callback = LatentTraversal(IMAGES, "unused", dims=2)
    model = idle(TinyVariationalCAE)
    codes = np.random.default_rng(0).standard_normal((12, 4)).astype("float32") * [1, 3, 0.1, 2]
    drawn = []

    class Inference:
        def encode(self, images):
            return codes

        def decode(self, codes):
            drawn.append(codes)
            return np.zeros((len(codes), *SHAPE), "float32")

    callback.set_model(model)
    callback.inference = Inference()
    assert list(callback.summaries(0)) == ["latent/traversal"]
    moved = (drawn[0] != codes[0]).reshape(2, 7, 4).any(axis=1)
    np.testing.assert_array_equal(moved, [[False, True, False, False], [False, False, False, True]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dims": 0}, "dims must be a positive integer, got 0"),
        ({"dims": [1, -1]}, "dims must be an integer, zero or above, got -1"),
        ({"dims": []}, "dims must be a positive integer, or the indices of dimensions"),
        ({"span": 0}, "span must be a finite number above zero"),
        ({"steps": 0}, "steps must be a positive integer"),
    ],
)
def test_wrong_traversals_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        LatentTraversal(IMAGES, "unused", **arguments)


def test_traversals_that_the_model_can_not_make(tmp_path):
    with pytest.raises(ValueError, match=r"dims must be below the latent_dim of the model, 4, got \(0, 4\)"):
        fit(idle(TinyVariationalCAE), LatentTraversal(IMAGES, tmp_path, dims=(0, 4)))
    with pytest.raises(ValueError, match=r"has no prior.* at least 2 images, got 1"):
        fit(plain_model(), LatentTraversal(IMAGES[:1], tmp_path))
    fit(idle(TinyVariationalCAE), LatentTraversal(IMAGES[:1], tmp_path))


# Interpolation


def test_interpolations_go_from_image_to_image(tmp_path):
    model = idle(TinyVariationalCAE)
    callback = LatentInterpolation(IMAGES, tmp_path, pairs=[(4, 1)], steps=3)
    picture = shown(model, callback, tmp_path, "latent/interpolation")
    one, other = model.encode(IMAGES)[[4, 1]]
    parts = np.array([0, 0.5, 1], "float32")
    rows = {
        f"{name} 1": np.concatenate([IMAGES[[4]], decoded(model, codes), IMAGES[[1]]])
        for name, codes in {
            "straight": straight_line(one, other, parts),
            "arc": arc(one, other, parts, np.zeros(4, "float32")),
        }.items()
    }
    np.testing.assert_array_equal(picture, draw_image_grid(rows, min_side=48))


def test_the_arcs_of_a_model_without_a_prior_are_around_the_mean_of_the_codes(tmp_path):
    model = plain_model()
    picture = shown(model, LatentInterpolation(IMAGES, tmp_path, pairs=1, steps=3), tmp_path, "latent/interpolation")
    codes = model.encode(IMAGES)
    parts = np.array([0, 0.5, 1], "float32")
    ways = (straight_line(codes[0], codes[1], parts), arc(codes[0], codes[1], parts, codes.mean(axis=0)))
    rows = [np.concatenate([IMAGES[[0]], decoded(model, way), IMAGES[[1]]]) for way in ways]
    expected = draw_image_grid(dict(zip(["straight 1", "arc 1"], rows, strict=True)), min_side=48)
    np.testing.assert_array_equal(picture, expected)


def test_pairs():
    assert LatentInterpolation(IMAGES, "unused", pairs=2).pairs == ((0, 1), (2, 3))
    assert LatentInterpolation(IMAGES[:3], "unused", pairs=2).pairs == ((0, 1),)
    for pairs, message in (
        ([(0, 12)], r"pairs of indices of the 12 images, got \(\(0, 12\),\)"),
        ([(0, 1, 2)], "pairs of indices of the 12 images"),
        ([], "pairs must be a positive integer"),
        ([(-1, 2)], "pairs must be an integer, zero or above, got -1"),
        (0, "pairs must be a positive integer, got 0"),
    ):
        with pytest.raises(ValueError, match=message):
            LatentInterpolation(IMAGES, "unused", pairs=pairs)
    with pytest.raises(ValueError, match="images must contain at least 2 images"):
        LatentInterpolation(IMAGES[:1], "unused")


# Samples


def test_samples_are_of_the_same_codes_in_every_epoch(tmp_path):
    model = idle(TinyVariationalCAE)
    fit(model, PriorSamples(tmp_path, n=10, seed=5), epochs=2)
    first, second = written(tmp_path)["latent/prior_samples"].values()
    np.testing.assert_array_equal(first, second)
    images = model.sample(10, seed=5)
    # The rows of a grid without their names and the space for them.
    rows = draw_image_grid({"": images[:8], " ": images[8:]}, min_side=48)
    np.testing.assert_array_equal(first[:, -8 * 48 :], rows[:, -8 * 48 :])
    assert first.shape[1] < 8 * 60 < rows.shape[1]
    fit(model, PriorSamples(tmp_path / "other", n=10, seed=6))
    assert (written(tmp_path / "other")["latent/prior_samples"][0] != first).any()


# Codebooks


def test_codebook_usage(tmp_path):
    model = idle(TinyCodebookCAE)
    fit(model, CodebookSummary(IMAGES, tmp_path, shown_images=3))
    seen = {tag: steps[0] for tag, steps in written(tmp_path).items()}
    codes = model.encode(IMAGES)
    counts = np.array([(codes == index).sum() for index in range(6)])
    shares = counts[counts > 0] / counts.sum()
    assert seen["codebook/used"] == pytest.approx((counts > 0).mean())
    assert seen["codebook/perplexity"] == pytest.approx(np.prod(shares**-shares), rel=1e-5)
    buckets = seen["codebook/indices"]
    per_index = [buckets[(buckets[:, 0] <= i) & (i < buckets[:, 1]), 2].sum() for i in range(6)]
    np.testing.assert_array_equal(per_index, counts)
    picture = seen["codebook/map"]
    tiles = index_maps(codes[:3])
    assert tiles.shape == (3, 54, 72, 3)
    for tile in tiles:
        places = np.argwhere((picture == tile[0, 0]).all(axis=-1))
        assert any(np.array_equal(picture[y : y + 54, x : x + 72], tile) for y, x in places)


# Unsupported models


@pytest.mark.parametrize(
    ("cls", "make", "message"),
    [
        (LatentTraversal, lambda: SKIP(2, filters=(2, 2, 2)), "can't show SkipConnectionCAE: .* decode codes alone"),
        (LatentInterpolation, lambda: SKIP(2, filters=(2, 2, 2)), "can't show SkipConnectionCAE: .* codes alone"),
        (LatentTraversal, lambda: BASIC(None, filters=(2, 2)), r"feature maps of shape \(5, 6, 2\).*latent_dim"),
        (LatentTraversal, TinyCodebookCAE, r"codebook indices.*Use CodebookSummary"),
        (CodebookSummary, TinyVariationalCAE, "it has no codebook"),
        (
            LatentTraversal,
            lambda: keras.Sequential([keras.layers.Identity()]),
            "can't show Sequential: it has no codes",
        ),
    ],
)
def test_models_that_do_not_fit_are_refused_before_the_first_epoch(cls, make, message, tmp_path):
    model, epochs = make(), []
    watch = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: epochs.append(epoch))
    compiled(model, run_eagerly=True)
    model.build(IMAGES.shape)
    with pytest.raises(ValueError, match=message):
        model.fit(IMAGES, IMAGES, verbose=0, callbacks=[cls(IMAGES, tmp_path), watch])
    assert epochs == []
    assert list(tmp_path.iterdir()) == []


def test_samples_of_a_model_without_a_prior(tmp_path):
    with pytest.raises(ValueError, match="PriorSamples can't show CAE: it has no prior"):
        fit(plain_model(), PriorSamples(tmp_path))
