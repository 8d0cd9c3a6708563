"""Plots of codes: the latent space, planes through it, traversals and interpolations."""

import numpy as np
import pytest
from figures import check_figure, pixels, shows, texts
from sklearn.decomposition import PCA

from keras_cae import plots
from keras_cae.drawing.thumbnails import thumbnails
from keras_cae.models import BasicCAE, SkipConnectionCAE, VariationalCAE

CODES = np.random.default_rng(0).normal(size=(40, 4)).astype("float32") * [3, 1, 2, 0.5]


def points(figure):
    """The points of a scatter plot, in any order."""
    return np.asarray(figure.axes[0].collections[0].get_offsets())


# The latent space


def test_two_dimensions_are_shown_as_they_are():
    figure = check_figure(plots.latent_space(CODES[:, :2]))
    np.testing.assert_allclose(points(figure), CODES[:, :2], rtol=1e-6)
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("code[0]", "code[1]")


def test_more_are_shown_by_their_principal_components():
    figure = check_figure(plots.latent_space(CODES))
    pca = PCA(2).fit(CODES)
    np.testing.assert_allclose(np.abs(points(figure)), np.abs(pca.transform(CODES)), atol=1e-4)
    first, second = pca.explained_variance_ratio_
    assert f"({first:.0%} of the variance)" in figure.axes[0].get_xlabel()
    assert f"({second:.0%} of the variance)" in figure.axes[0].get_ylabel()


@pytest.mark.parametrize("codes", [np.ones((3, 4)), CODES[:1]])
def test_codes_without_variance(codes):
    np.testing.assert_array_equal(points(check_figure(plots.latent_space(codes))), 0)


def test_a_reducer_takes_the_place_of_them():
    class Last:
        def fit_transform(self, codes):
            return codes[:, -2:]

    for reducer, name in ((Last(), "Last"), (lambda codes: codes[:, -2:], "<lambda>")):
        figure = check_figure(plots.latent_space(CODES, None, reducer))
        np.testing.assert_allclose(points(figure), CODES[:, -2:], rtol=1e-6)
        assert figure.axes[0].get_xlabel() == f"{name}, first dimension"


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (np.arange(40) % 3, ["0", "1", "2"]),
        (np.arange(40)[:, None] % 12, [str(number) for number in range(12)]),
        (np.array(["cat", "dog"])[np.arange(40) % 2], ["cat", "dog"]),
        (np.arange(40) % 2 > 0, ["False", "True"]),
        (np.arange(40), [*map(str, range(20)), "and 20 more"]),
        (np.arange(40) % 2.0, ["0", "1"]),
    ],
)
def test_labels_have_colors_and_names(labels, names):
    figure = check_figure(plots.latent_space(CODES[:, :2], labels))
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == names
    colors = {}
    for point, color in zip(points(figure), figure.axes[0].collections[0].get_facecolors(), strict=True):
        (index,) = np.flatnonzero((np.abs(CODES[:, :2] - point) < 1e-5).all(axis=1))
        colors.setdefault(np.ravel(labels)[index], set()).add(tuple(color))
    assert all(len(of_label) == 1 for of_label in colors.values())
    assert len(set.union(*colors.values())) == len(colors)


def test_labels_of_a_scale():
    figure = check_figure(plots.latent_space(CODES, np.linspace(0, 1, 40)))
    assert figure.axes[0].get_legend() is None
    assert figure.axes[1].get_ylabel() == "label"


@pytest.mark.parametrize(
    ("codes", "options", "message"),
    [
        (np.zeros((3, 2), int), {}, "codes must be floats, got int64, because indices of a codebook"),
        (np.zeros((3, 4, 4, 2)), {}, r"codes must be an array of floats.*codes.reshape\(len\(codes\), -1\)"),
        (np.zeros((0, 2)), {}, "codes must be an array of floats"),
        (np.full((3, 2), np.nan), {}, "codes must be finite"),
        (np.zeros((3, 1)), {}, "at least two dimensions"),
        (CODES, {"labels": [0, 1]}, "labels must have one entry per code, 40 in total"),
        (CODES, {"labels": np.eye(40)}, r"labels.argmax\(axis=1\)"),
        (CODES, {"reducer": lambda codes: codes}, r"reducer must return two numbers per code.*\(40, 4\)"),
        (CODES, {"reducer": 2}, "reducer must be a function or have a method fit_transform, got 2"),
    ],
)
def test_what_the_latent_space_refuses(codes, options, message):
    with pytest.raises(ValueError, match=message):
        plots.latent_space(codes, **options)


# A plane of codes


def test_a_latent_grid_decodes_a_plane_of_codes(variational):
    figure = check_figure(plots.latent_grid(variational, dims=(2, 0), steps=3, span=2))
    picture = pixels(figure)
    sides = np.array([-2, 0, 2], "float32")
    for row, vertical in enumerate(sides[::-1]):
        for column, horizontal in enumerate(sides):
            decoded = variational.decode(np.array([[vertical, 0, horizontal]], "float32"))
            tile = thumbnails(decoded, 32)[0]
            np.testing.assert_array_equal(picture[32 * row :, 32 * column :][:32, :32], tile)
    assert texts(figure.axes[0]) == (["-2", "0", "2"], ["-2", "0", "2"])
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("code[2]", "code[0]")
    np.testing.assert_allclose(figure.axes[0].get_yticks(), [79.5, 47.5, 15.5])


def test_a_latent_grid_of_every_rank(of_rank):
    check_figure(plots.latent_grid(of_rank[0]))


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("basic", {}, "latent_grid requires a model with a prior.*got BasicCAE.*traversal"),
        (
            "variational",
            {"dims": (0, 3)},
            r"dims must be two different dimensions .* from 0 to 2, got \(0, 3\)",
        ),
        ("variational", {"dims": (1, 1)}, "dims must be two different"),
        ("variational", {"dims": 1}, "dims must be two different"),
        ("variational", {"steps": 0}, "steps must be a positive integer"),
    ],
)
def test_what_a_latent_grid_refuses(request, model, options, message):
    with pytest.raises(ValueError, match=message):
        plots.latent_grid(request.getfixturevalue(model), **options)


def test_a_latent_grid_needs_a_model_that_is_built():
    with pytest.raises(ValueError, match="VariationalCAE must be built before latent_grid"):
        plots.latent_grid(VariationalCAE(latent_dim=2))
    with pytest.raises(TypeError, match="model must be a keras"):
        plots.latent_grid(CODES)


# Traversal


@pytest.mark.parametrize("name", ["basic", "variational"])
def test_a_traversal_changes_one_dimension_after_another(request, name, images):
    model = request.getfixturevalue(name)
    figure = check_figure(plots.traversal(model, images[3], images=images, dims=(2, 0), span=2, steps=3))
    codes = model.encode(images)
    units = codes.std(axis=0) if name == "basic" else np.ones(3)
    for dim in (2, 0):
        for offset in (-2, 0, 2):
            code = codes[3:4].copy()
            code[:, dim] += offset * units[dim]
            assert shows(pixels(figure), thumbnails(model.decode(code), 48)[0])
    assert texts(figure.axes[0]) == (["-2", "0", "2"], ["code[2]", "code[0]"])


def test_a_single_image_has_units_of_its_own_and_shows_what_changes_most(basic, images):
    figure = check_figure(plots.traversal(basic, images[0], dims=2, steps=3))
    code = basic.encode(images[:1])
    unit = np.sqrt(np.square(code).mean())
    changes = []
    for dim in range(3):
        step = 3 * unit * np.eye(3, dtype="float32")[dim]
        changes.append(np.square(basic.decode(code + step) - basic.decode(code - step)).mean())
    order = np.argsort(changes)[::-1][:2]
    assert texts(figure.axes[0])[1] == [f"code[{dim}]" for dim in order]
    moved = code + 3 * unit * np.eye(3, dtype="float32")[order[0]]
    assert shows(pixels(figure), thumbnails(basic.decode(moved.astype("float32")), 48)[0])
    assert figure.axes[0].get_xlabel() == "change, in root mean squares of the code"


def test_a_traversal_of_every_rank(of_rank):
    model, data = of_rank
    check_figure(plots.traversal(model, data[0], images=data, dims=2, steps=3))


def test_what_a_traversal_refuses(basic, quantized, images):
    with pytest.raises(ValueError, match=r"image must be one image .*, got the shape \(8, 8\)"):
        plots.traversal(basic, images[0, ..., 0])
    with pytest.raises(ValueError, match=r"image must be a single example, got 12\. .*such as image\[0\]"):
        plots.traversal(basic, images)
    with pytest.raises(ValueError, match="dims must be below the latent_dim of the model, 3"):
        plots.traversal(basic, images[0], dims=(1, 3))
    with pytest.raises(ValueError, match=r"codebook indices.*Use keras_cae.plots.codebook"):
        plots.traversal(quantized, images[0])
    with pytest.raises(ValueError, match=r"traversal can't show BasicCAE: .* got feature maps"):
        plots.traversal(BasicCAE(latent_dim=None, filters=(4,)), images[0])
    with pytest.raises(ValueError, match="at least two images"):
        plots.traversal(basic, images[0], images=images[:1])


# Interpolation


def test_an_interpolation_goes_from_one_image_to_the_other(basic, images):
    figure = check_figure(plots.interpolation(basic, images[0], images[1], steps=3))
    codes = basic.encode(images[:2])
    decoded = basic.decode(np.stack([codes[0], codes.mean(axis=0), codes[1]]))
    for tile in (*thumbnails(images[:2], 48), *thumbnails(decoded, 48)):
        assert shows(pixels(figure), tile)
    assert texts(figure.axes[0]) == (["a", "0", "0.5", "1", "b"], ["straight"])


def test_with_a_prior_there_is_an_arc(variational, images):
    figure = check_figure(plots.interpolation(variational, images[:1], images[1:2], steps=3))
    assert texts(figure.axes[0])[1] == ["straight", "arc"]


def test_an_interpolation_of_every_rank(of_rank):
    model, data = of_rank
    check_figure(plots.interpolation(model, data[0], data[1], steps=2))


def test_what_an_interpolation_refuses(basic, images):
    with pytest.raises(ValueError, match="b must be a single example"):
        plots.interpolation(basic, images[0], images)
    with pytest.raises(ValueError, match="a and b must have the same shape"):
        plots.interpolation(basic, images[0], images[0, :4])
    skips = SkipConnectionCAE(latent_dim=3, filters=(4, 4, 4))
    with pytest.raises(ValueError, match="SkipConnectionCAE"):  # whose decoder needs more inputs than the code
        plots.interpolation(skips, images[0], images[1])
