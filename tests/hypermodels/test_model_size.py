"""The size of models that are not created."""

import pytest

from keras_cae import models
from keras_cae.hypermodels.model_size import model_size


@pytest.mark.parametrize("name", ["BasicCAE", "BatchNormPoolCAE", "SkipConnectionCAE", "VariationalCAE"])
def test_as_many_parameters_as_the_model_has(name):
    def make():
        return getattr(models, name)(3, filters=(2, 3, 4))

    model = make()
    model.build((None, 9, 12, 2))
    assert model_size(make, (9, 12, 2)).parameters == model.count_params()


def test_operations_of_a_small_network():
    # 12×8 images: convolutions at full and at half resolution, two dense layers, two transposed convolutions.
    size = model_size(lambda: models.BasicCAE(3, filters=(4, 5)), (12, 8, 2))
    multiply_adds = 96 * 9 * 2 * 4 + 24 * 9 * 4 * 5 + 2 * 3 * 120 + 24 * 9 * 5 * 4 + 96 * 9 * 4 * 2
    assert size.flops == 2 * multiply_adds


def test_what_no_memory_could_hold():
    # Keras must not try to initialize the variables later.
    size = model_size(lambda: models.BasicCAE(10**6, filters=(512, 1024, 2048)), (256, 256, 3))
    assert size.parameters > 10**13
    model = models.VariationalCAE(3, filters=(2, 3))
    model.build((None, 8, 8, 1))
    assert model.count_params() < 10**4
