"""Names in the text of the documentation link to the pages that describe them."""

import sys
from pathlib import Path

import pytest

import keras_cae

pytest.importorskip("sphinx")
sys.path.append(str(Path(__file__).parents[2] / "docs"))
import name_links

KNOWN = name_links.known_names()


@pytest.mark.parametrize(
    ("code", "target"),
    [
        ("CAE", "keras_cae.models.CAE"),
        ("models.CAE", "keras_cae.models.CAE"),
        ("ResidualCAE(bottleneck=GaussianBottleneck())", "keras_cae.models.ResidualCAE"),
        ("CAE.encode", "keras_cae.models.CAE.encode"),
        ("load_images", "keras_cae.datasets.load_images"),
        ("keras.Model()", "keras.Model"),
        ('EarlyStopping("val_psnr")', "keras.callbacks.EarlyStopping"),
        ("tf.data", "tf.data"),
        ("SSIM", None),  # a loss and a metric
        ("history", None),
        ("BasicCAE/depth", None),
        ("model.fit", None),
        ("keras", None),
    ],
)
def test_code_links_to_a_name(code, target):
    assert name_links.target_of(code, KNOWN) == target


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("keras.Model", "https://keras.io/api/models/model/"),
        ("keras.Model.summary", "https://keras.io/api/models/model/"),
        ("keras.callbacks.History", "https://keras.io/api/callbacks/"),
        ("keras_tuner.HyperModel", "https://keras.io/keras_tuner/api/hypermodels/base_hypermodel/"),
        ("tf.data", "https://www.tensorflow.org/api_docs/python/tf/data"),
        ("tf.data.Dataset.map", "https://www.tensorflow.org/api_docs/python/tf/data/Dataset#map"),
        ("np.load", "https://numpy.org/doc/stable/reference/generated/numpy.load.html"),
        ("ValueError", "https://docs.python.org/3/library/exceptions.html#ValueError"),
        ("keras_cae.models.CAE", None),
    ],
)
def test_a_name_has_an_address(name, address):
    assert name_links.address_of(name) == address


def test_internal_bases_are_replaced_by_public_ones():
    assert [*name_links.public_bases(keras_cae.layers.RandomGaussianNoise)] == ["keras_cae.layers.Corruption"]
    assert "keras.Model" in name_links.public_bases(keras_cae.models.CAE)
