"""Measures how realistic generated images are, with samplers and with a prior.

    python tests/benchmarks/generation.py [FILE.npz] [--latent-dim 16] [--epochs 20] [--picture FILE.png]

FILE.npz contains `x_train`, `y_train`, `x_test` and `y_test`, images as uint8 and their labels; by default,
scikit-learn's digits are used. Prints a table in Markdown: the kernel distance between generated and test images, times
1000, as mean and standard deviation over several draws. It is computed from the features of a small classifier trained
on the labels, divided by their root mean square in the test images. Only numbers in the same table are comparable,
because each classifier has other features.
"""

import keras
import numpy as np
from kernel_distance import kernel_distance, trained_features
from labelled import labelled_images, make_parser
from pictures import save_rows
from tables import print_table

from keras_cae.models import BasicCAE, VariationalCAE
from keras_cae.samplers import GaussianMixtureSampler, NormalSampler

FILTERS = (16, 32, 64)
DRAWS = 5
PICTURED = 16


def main():
    parser = make_parser(__doc__, latent_dim=16, epochs=20, batch_size=64)
    parser.add_argument("--components", type=int, default=10)
    parser.add_argument("--picture", help="draw the first images of every row into this file")
    options = parser.parse_args()
    (train, labels), (test, test_labels) = floats(labelled_images(options.data))
    keras.utils.set_random_seed(0)
    features, classifier = trained_features(train, labels, epochs=5)
    accuracy = classifier.evaluate(test, test_labels, verbose=0, return_dict=True)["accuracy"]
    print(f"{len(train)} images, {options.epochs} epochs; the classifier's test accuracy is {accuracy:.3f}\n")
    expected = features.predict(test, verbose=0)
    scale = np.sqrt(np.mean(expected**2))
    expected = expected / scale
    shown = {}

    def rows():
        for name, draw in drawing(train, options).items():
            drawn = [draw(len(test), seed) for seed in range(DRAWS)]
            seen = [features.predict(images, verbose=0) / scale for images in drawn]
            distances = [1000 * kernel_distance(found, expected) for found in seen]
            shown[", ".join(name).replace("`", "").removesuffix(", ")] = drawn[0][:PICTURED]
            yield *name, f"{np.mean(distances):.1f}", f"{np.std(distances):.1f}"

    print_table(["model", "codes drawn from", "distance × 1000", "± over draws"], rows(), labels=2)
    if options.picture:
        save_rows(options.picture, shown)


def floats(parts):
    return [(part.images / np.float32(255), part.labels) for part in parts]


def drawing(train, options):
    """Return functions that generate images for a number and a seed, by the model and the distribution of codes."""
    plain = trained(BasicCAE(options.latent_dim, filters=FILTERS), train, options)
    variational = trained(VariationalCAE(options.latent_dim, filters=FILTERS), train, options)
    standard = np.random.default_rng
    return {
        ("none: training images", ""): lambda n, seed: train[standard(seed).permutation(len(train))[:n]],
        ("`BasicCAE`", "`GaussianMixtureSampler`"): with_sampler(plain, train, mixture(options)),
        ("`BasicCAE`", "`NormalSampler`"): with_sampler(plain, train, NormalSampler()),
        ("`VariationalCAE`", "`GaussianMixtureSampler`"): with_sampler(variational, train, mixture(options)),
        ("`VariationalCAE`", "its prior"): variational.sample,
    }


def mixture(options):
    return GaussianMixtureSampler(options.components, seed=0)


def with_sampler(model, train, sampler):
    sampler.fit(model.encode(train))
    return lambda n, seed: model.decode(sampler.sample(n, seed))


def trained(model, images, options):
    keras.utils.set_random_seed(0)
    model.compile(keras.optimizers.Adam(2e-3), "binary_crossentropy")
    model.fit(images, epochs=options.epochs, batch_size=options.batch_size, verbose=0)
    return model


if __name__ == "__main__":
    main()
