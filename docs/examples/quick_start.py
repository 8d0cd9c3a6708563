"""Train an autoencoder on handwritten digits, save it and load it again."""

import keras
import numpy as np
from sklearn.datasets import load_digits

import keras_cae

images = (load_digits().images[..., None] * 255 / 16).astype("uint8")
train, test = images[:1437], images[1437:]

model = keras_cae.models.BasicCAE(latent_dim=8)
model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="mse", metrics=[keras_cae.metrics.PSNR()])
model.fit(train, validation_data=test, batch_size=32, epochs=5, verbose=2)

model.save("digits.keras")
loaded = keras.saving.load_model("digits.keras")
np.testing.assert_array_equal(loaded.encode(test), model.encode(test))
print("codes:", loaded.encode(test).shape)
