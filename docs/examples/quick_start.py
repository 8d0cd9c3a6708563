"""Train an autoencoder on handwritten digits, draw its reconstructions, save it and load it again."""

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

pairs = np.concatenate([test[:10], 255 * loaded.predict(test[:10], verbose=0)])
pairs = np.pad(pairs, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=255)
rows = np.concatenate([np.hstack(pairs[:10]), np.hstack(pairs[10:])])
keras.utils.save_img("digits.png", rows.repeat(6, axis=0).repeat(6, axis=1), scale=False)
print("test images, and below them their reconstructions: digits.png")
