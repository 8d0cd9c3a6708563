"""All registered classes can be saved and loaded, including those without a public name."""

import importlib

import keras
import numpy as np
import pytest
from checks import check_table
from test_registry import PUBLIC

import keras_cae
from keras_cae import layers
from keras_cae.anomaly.calibration import Calibration
from keras_cae.layers.blur_pooling import BlurPooling
from keras_cae.layers.chain import Chain
from keras_cae.layers.codes import Codes, Latents
from keras_cae.layers.crop import Crop
from keras_cae.layers.data_scale import DataScale
from keras_cae.layers.image_group_normalization import ImageGroupNormalization
from keras_cae.layers.padding_to_multiple import PaddingToMultiple
from keras_cae.layers.subtract_noise import SubtractNoise
from keras_cae.layers.upsampled_conv_block import UpsampledConvBlock
from keras_cae.layers.upsampled_convolution import UpsampledConvolution
from keras_cae.layers.volume_pooling import VolumePooling
from keras_cae.metrics.measured_mean import MeasuredMean
from keras_cae.networks import Network

IMAGES = np.random.default_rng(0).random((3, 6, 8, 4), dtype="float32")
# A function that creates an object of the class, and the input of the object, by class.
LAYERS = {
    BlurPooling: (lambda: BlurPooling((2, 4)), IMAGES),
    Chain: (lambda: Chain([keras.layers.Dense(3), layers.ConvBlock(2)]), IMAGES),
    Codes: (lambda: Codes(layers.GaussianBottleneck(2)), IMAGES),
    Latents: (lambda: Latents(layers.VectorQuantizer(7, 2, seed=0)), np.arange(21, dtype="int32").reshape(3, 7) % 7),
    Crop: (lambda: Crop((5, 7)), IMAGES),
    DataScale: (
        lambda: DataScale(keras.layers.Normalization(mean=[1.0] * 4, variance=[4.0] * 4), inverse=True),
        IMAGES,
    ),
    ImageGroupNormalization: (lambda: ImageGroupNormalization(2, epsilon=0.1), IMAGES),
    PaddingToMultiple: (lambda: PaddingToMultiple((4, 3)), IMAGES),
    SubtractNoise: (SubtractNoise, (IMAGES, IMAGES[:, ::-1])),
    UpsampledConvBlock: (lambda: UpsampledConvBlock(2, upsampling=(3, 1), normalization="batch"), IMAGES),
    UpsampledConvolution: (lambda: UpsampledConvolution(2, rank=1, upsampling=3), IMAGES[:, 0]),
    VolumePooling: (lambda: VolumePooling("Average", (2, 1, 2)), IMAGES[..., None]),
}
OTHERS = {
    Calibration: lambda: Calibration(name="limits"),
    MeasuredMean: lambda: MeasuredMean(name="quality"),
}
# A separate model, like every encoder and decoder.
NETWORKS = {Network}


def registered():
    for namespace in keras_cae.NAMESPACES:
        importlib.import_module(f"keras_cae.{namespace}")
    objects = keras.saving.get_custom_objects()
    return {value for name, value in objects.items() if name.startswith("keras_cae>") and isinstance(value, type)}


@pytest.mark.tables
def test_every_registered_class_is_in_a_table():
    where = (
        "LAYERS in tests/project/test_registered.py, or, if it is meant to be public, to the __all__ of its namespace"
    )
    check_table(registered() - PUBLIC, {*LAYERS, *OTHERS, *NETWORKS}, where)


@pytest.mark.parametrize("cls", LAYERS, ids=lambda cls: cls.__name__)
def test_a_layer_is_saved_in_a_functional_model(cls, tmp_path):
    make, data = LAYERS[cls]
    layer = make()
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()
    inputs = keras.tree.map_structure(lambda part: keras.Input(part.shape[1:], dtype=part.dtype.name), data)
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    expected = model.predict(data, verbose=0)
    assert np.ptp(expected) > 0
    np.testing.assert_array_equal(loaded.predict(data, verbose=0), expected)


@pytest.mark.parametrize("cls", OTHERS, ids=lambda cls: cls.__name__)
def test_a_configuration_describes_the_same_object(cls):
    made = OTHERS[cls]()
    assert type(made).from_config(made.get_config()).get_config() == made.get_config()


def test_a_network_is_saved(tmp_path):
    images = keras.Input((6, 8, 4))
    network = Network(images, keras.layers.Dense(2)(images))
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    integers = (IMAGES * 255).astype("uint8")
    np.testing.assert_array_equal(loaded(integers), network(integers))
    np.testing.assert_allclose(network(integers), network(integers / np.float32(255)), atol=1e-6)
