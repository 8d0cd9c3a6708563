"""Reading of image files for a detector."""

import numpy as np
from PIL import Image

from keras_cae.anomaly.folder_batches import ImageReader, folder_batches
from keras_cae.models import BasicCAE


def test_images_of_8_bits_among_those_of_16(tmp_path):
    shallow = np.random.default_rng(0).integers(0, 256, (8, 8), dtype="uint8")
    Image.fromarray(shallow).save(tmp_path / "0.png")
    deep = np.random.default_rng(1).integers(0, 65536, (8, 8), dtype="uint16")
    Image.fromarray(deep).save(tmp_path / "1.png")
    model = BasicCAE(2, filters=(2,))
    model.build((None, 8, 8, 1))
    model._gate.restore("uint16", (0.0, 1.0))
    (batch,) = folder_batches(tmp_path, ImageReader(model, "stretch"), 2)
    assert batch.dtype == np.uint16
    np.testing.assert_allclose(batch[0, ..., 0] / 65535, shallow / 255)
    np.testing.assert_array_equal(batch[1, ..., 0], deep)
