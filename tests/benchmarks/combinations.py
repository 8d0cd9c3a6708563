"""Measures how well each architecture reconstructs and generates images with each bottleneck.

    python tests/benchmarks/combinations.py [FILE.npz] [--latent-dim 16] [--epochs 10] [--filters 32 64]

FILE.npz contains `x_train`, `y_train`, `x_test` and `y_test`, images as uint8 and their labels; by default,
scikit-learn's digits are used. Prints a table in Markdown: the PSNR of the reconstructed test images in dB, and the
kernel distance (see generation.py) between as many generated images and the test images, times 1000. Codes are drawn
from the prior and from a mixture of Gaussians fitted to the training codes.
"""

import keras
import numpy as np
from generation import floats, mixture, with_sampler
from kernel_distance import kernel_distance, trained_features
from labelled import labelled_images, make_parser
from tables import print_table

from keras_cae import layers
from keras_cae.models import BasicCAE, BatchNormPoolCAE, ResidualCAE

BOTTLENECKS = {
    "none": lambda: None,
    "Gaussian (VAE)": lambda: layers.GaussianBottleneck(beta=0.1),
    "MMD (WAE)": lambda: layers.MMDBottleneck(),
    "adversarial (AAE)": lambda: layers.AdversarialBottleneck(),
}
DRAWS = 3


def architectures(filters):
    """Return functions from a code size and a bottleneck to a model. All have the same final resolution."""
    return {
        "BasicCAE": lambda *size, **more: BasicCAE(*size, filters=(filters[0] // 2, *filters), **more),
        "BatchNormPoolCAE": lambda *size, **more: BatchNormPoolCAE(*size, filters=filters, **more),
        "ResidualCAE": lambda *size, **more: ResidualCAE(*size, filters=filters, **more),
    }


def main():
    parser = make_parser(__doc__, latent_dim=16, epochs=10, batch_size=64)
    parser.add_argument("--architectures", nargs="+", choices=architectures((2, 2)), default=[*architectures((2, 2))])
    parser.add_argument("--filters", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--components", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    (train, labels), (test, _) = floats(labelled_images(options.data))
    keras.utils.set_random_seed(0)
    features, _ = trained_features(train, labels, epochs=5)
    scale = np.sqrt(np.mean(features.predict(test, verbose=0) ** 2))

    def seen(images):
        return features.predict(images, verbose=0) / scale

    expected = seen(test)

    def distance(generate):
        found = [kernel_distance(seen(generate(len(test), seed)), expected) for seed in range(DRAWS)]
        return 1000 * np.mean(found)

    def rows():
        for architecture in options.architectures:
            make = architectures(tuple(options.filters))[architecture]
            for bottleneck, make_bottleneck in BOTTLENECKS.items():
                results = []
                for seed in range(options.seeds):
                    model = trained(make(options.latent_dim, bottleneck=make_bottleneck()), train, options, seed)
                    fitted = with_sampler(model, train, mixture(options))
                    prior = distance(model.sample) if model.has_prior else np.nan
                    results.append((psnr(model, test), prior, distance(fitted)))
                quality, prior, fitted = np.mean(results, axis=0)
                yield (
                    f"`{architecture}`",
                    bottleneck,
                    f"{quality:.2f}",
                    "–" if np.isnan(prior) else f"{prior:.1f}",
                    f"{fitted:.1f}",
                )

    print(f"{len(train)} images, {options.epochs} epochs, codes of {options.latent_dim} numbers\n")
    header = ["architecture", "bottleneck", "PSNR (dB)", "prior: distance × 1000", "mixture: distance × 1000"]
    print_table(header, rows(), labels=2)


def trained(model, images, options, seed):
    keras.utils.set_random_seed(seed)
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy")
    model.fit(images, epochs=options.epochs, batch_size=options.batch_size, verbose=0)
    return model


def psnr(model, images):
    """Return the mean PSNR of the reconstructions of images, in dB."""
    errors = np.mean((model.predict(images, verbose=0) - images) ** 2, axis=(1, 2, 3))
    return float(np.mean(-10 * np.log10(errors)))


if __name__ == "__main__":
    main()
