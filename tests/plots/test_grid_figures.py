"""Grids of pictures: reconstructions, anomaly maps, codebooks and filters."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from figures import check_figure, pixels, shows, texts

from keras_cae import plots
from keras_cae.anomaly import AnomalyDetector
from keras_cae.drawing.thumbnails import heatmaps, index_maps, thumbnails
from keras_cae.models import DenoisingCAE

# Reconstructions


def test_reconstructions_show_the_pixels_of_the_callback(basic, images):
    figure = check_figure(plots.reconstructions(basic, images, max_images=3))
    made = basic.predict(images[:3], verbose=0)
    picture = pixels(figure)
    error = np.abs(images[:3] - made).mean(axis=-1)
    for tile in (*thumbnails(images[:3]), *thumbnails(made), *heatmaps(error / 0.5)):
        assert shows(picture, tile)
    assert not shows(picture, thumbnails(images[3:4])[0])
    decibels = [
        f"{-10 * np.log10(np.square(one - other).mean()):.1f}" for one, other in zip(images, made, strict=False)
    ]
    assert texts(figure.axes[0]) == (decibels, ["input", "reconstruction", "error"])
    assert figure.axes[0].get_xlabel() == "PSNR, dB"
    assert figure.axes[-1].get_ylabel() == "absolute error"


def test_bytes_and_datasets_look_like_floats(basic, images):
    as_bytes = np.rint(images * 255).astype("uint8")
    expected = pixels(plots.reconstructions(basic, as_bytes / np.float32(255), max_images=5))
    np.testing.assert_array_equal(pixels(plots.reconstructions(basic, as_bytes, max_images=5)), expected)
    dataset = tf.data.Dataset.from_tensor_slices((as_bytes, as_bytes)).batch(2)
    np.testing.assert_array_equal(pixels(plots.reconstructions(basic, dataset, max_images=5)), expected)


def test_columns_that_do_not_fit_stand_below(basic, images):
    many = check_figure(plots.reconstructions(basic, np.tile(images, (3, 1, 1, 1)), max_images=30))
    *blocks, _ = many.axes
    assert len(blocks) > 1
    assert sum(len(texts(axes)[0]) for axes in blocks) == 30
    assert many.get_figwidth() <= 11


def test_reconstructions_show_the_corruption(images):
    model = DenoisingCAE(filters=(4,), corruption=keras.layers.GaussianNoise(0.1, seed=0))
    figure = check_figure(plots.reconstructions(model, images[:2]))
    assert texts(figure.axes[0])[1] == ["input", "corrupted", "reconstruction", "error"]


def test_reconstructions_of_every_rank_and_unit(of_rank):
    model, data = of_rank
    figure = check_figure(plots.reconstructions(model, data, max_images=4))
    made = model.predict(data[:4], verbose=0)
    errors = np.sqrt(np.square(data[:4] - made).reshape(4, -1).mean(axis=1))
    shown = [text for axes in figure.axes for text in texts(axes)[0] if axes.images]
    assert shown == [f"{error:.3g}" for error in errors]
    if model.rank == 2:
        assert "shown from" in figure.get_suptitle()
        low, high = data[:4].min(), data[:4].max()
        for tile in thumbnails((data[:4] - low) / (high - low)):
            assert shows(pixels(figure), tile)


def test_plain_keras_models_are_shown(images):
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, padding="same")])
    figure = check_figure(plots.reconstructions(model, images[:2]))
    assert texts(figure.axes[0]) == ([], ["input", "reconstruction"])


@pytest.mark.parametrize(
    ("model", "given", "error", "message"),
    [
        ("basic", np.zeros((2, 8, 8)), ValueError, "shape"),
        ("basic", np.zeros((2, 9, 8, 1), "float32"), ValueError, r"built for images of shape \(8, 8, 1\)"),
        ("basic", np.full((2, 8, 8, 1), np.nan), ValueError, "images must be finite"),
        ("basic", np.zeros((0, 8, 8, 1)), ValueError, "at least one example"),
        (None, np.zeros((2, 8, 8, 1)), TypeError, "model must be a keras.Model, got None"),
    ],
)
def test_what_reconstructions_refuse(request, model, given, error, message):
    model = model and request.getfixturevalue(model)
    with pytest.raises(error, match=message):
        plots.reconstructions(model, given)


# Anomaly maps


def test_anomaly_maps(detector, images):
    bright = np.concatenate([images[:2], 1 - images[:1]])
    masks = np.zeros((3, 8, 8), bool)
    masks[2, 2:5] = True
    detector.threshold = float(np.median(detector.predict(bright)["score"]))
    figure = check_figure(plots.anomaly_maps(detector, bright, masks=masks))
    found = detector.predict(bright)
    picture = pixels(figure)
    for tile in (*thumbnails(bright), *thumbnails(masks[..., None].astype("float32"))):
        assert shows(picture, tile)
    columns, rows = texts(figure.axes[0])
    assert rows == ["input", "reconstruction", "anomaly map", "defect"]
    assert columns == [f"{score:.3g}" for score in found["score"]]
    bold = [label.get_fontweight() == "bold" for label in figure.axes[0].get_xticklabels()]
    assert bold == found["is_anomaly"].tolist()
    assert sum(bold) == 1
    np.testing.assert_allclose(figure.axes[-1].get_yticks()[1], detector.map_threshold)


def test_anomaly_maps_of_every_rank(of_rank):
    model, data = of_rank
    detector = AnomalyDetector(model, score="mse").calibrate(data)
    check_figure(plots.anomaly_maps(detector, data, max_images=2))


def test_what_anomaly_maps_refuse(basic, detector, images):
    with pytest.raises(TypeError, match=r"detector must be a keras_cae.anomaly.AnomalyDetector, got BasicCAE"):
        plots.anomaly_maps(basic, images)
    with pytest.raises(ValueError, match="calibrate"):
        plots.anomaly_maps(AnomalyDetector(basic, score="mse"), images)
    with pytest.raises(ValueError, match="masks must have the size"):
        plots.anomaly_maps(detector, images, masks=np.zeros((12, 3, 3)))


# Codebook


def test_codebook(quantized, images):
    figure = check_figure(plots.codebook(quantized, images, max_images=3))
    codes = quantized.encode(images)
    for tile in (*thumbnails(images[:3]), *index_maps(codes[:3])):
        assert shows(pixels(figure), tile)
    heights = [bar.get_height() for bar in figure.axes[-1].patches]
    np.testing.assert_allclose(heights, 100 * np.bincount(codes.ravel(), minlength=6) / codes.size)
    shares = np.array(heights)[np.array(heights) > 0] / 100
    perplexity = np.exp(-np.sum(shares * np.log(shares)))
    assert f"{len(shares) / 6:.0%} of 6 vectors used, perplexity {perplexity:.1f}" in figure.get_suptitle()


def test_codebook_of_a_dataset_in_another_order(quantized, images):
    dataset = tf.data.Dataset.from_tensor_slices(images).shuffle(12, seed=0).batch(4)
    check_figure(plots.codebook(quantized, dataset, max_images=2))


def test_what_a_codebook_refuses(basic, images):
    with pytest.raises(ValueError, match="codebook can't show BasicCAE: it has no codebook"):
        plots.codebook(basic, images)
    with pytest.raises(ValueError, match="got a generator, which can't be read twice"):
        plots.codebook(basic, (images for _ in range(2)))


# Filters


def test_filters_are_those_of_the_first_convolution(basic):
    figure = check_figure(plots.filters(basic))
    (kernel,) = [
        weight.numpy() for weight in basic.encoder.trainable_weights if weight.path.endswith("0/convolution/kernel")
    ]
    shown = np.moveaxis(kernel, -1, 0)
    for tile in thumbnails(shown / (2 * np.abs(shown).max()) + 0.5, 48):
        assert shows(pixels(figure), tile)
    assert "level_0/convolution" in figure.get_suptitle()


def test_filters_of_other_layers_and_ranks(of_rank):
    model, _ = of_rank
    check_figure(plots.filters(model))
    check_figure(plots.filters(model.decoder, "output_convolution"))
    layer = keras.layers.DepthwiseConv2D(3, depth_multiplier=2)
    rgb = keras.Sequential([keras.Input((8, 8, 3)), layer, keras.layers.Conv2DTranspose(5, 3)])
    assert "depthwise" in plots.filters(rgb, layer).get_suptitle()
    assert plots.filters(rgb, rgb.layers[-1].name).axes[0].images
    with pytest.raises(ValueError, match=r"layer must be a convolution .* one of .* got 'nothing'"):
        plots.filters(rgb, "nothing")


def test_what_filters_refuse():
    with pytest.raises(ValueError, match="is not built"):
        plots.filters(DenoisingCAE(filters=(4,)))
    with pytest.raises(ValueError, match="has no convolution"):
        plots.filters(keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]))
