"""Compares logistic regression with few labels on codes and on raw pixels.

    python tests/benchmarks/linear_probe.py [FILE.npz] [--labels 100] [--latent-dim 64] [--epochs 10]

FILE.npz contains `x_train`, `y_train`, `x_test` and `y_test`, images as uint8 and their classes; by default,
scikit-learn's digits are used. Each model is trained on all training images, without labels. The regression is then
trained on the given number of labelled codes, equally many per class. Accuracies are the mean and the standard
deviation over ten random choices of these. Prints a table in Markdown.
"""

import keras
import numpy as np
from labelled import labelled_images, make_parser
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tables import print_table

import keras_cae

DRAWS = 10


def main():
    parser = make_parser(__doc__, latent_dim=64, epochs=10, batch_size=128)
    parser.add_argument("--labels", type=int, default=100)
    arguments = parser.parse_args()
    print_table(("codes of", "numbers", "accuracy"), rows(labelled_images(arguments.data), arguments))


def rows(data, arguments):
    (train, train_classes), (test, test_classes) = data
    patch_size = max(1, train.shape[1] // 7)
    models = {
        "raw pixels": None,
        "ResidualCAE": keras_cae.models.ResidualCAE,
        "MaskedCAE": lambda latent_dim: keras_cae.models.MaskedCAE(latent_dim, patch_size, seed=0),
    }
    for name, make in models.items():
        codes = [flat(train), flat(test)]
        if make is not None:
            model = trained(make, train, arguments)
            codes = [model.encode(images) for images in (train, test)]
        accuracies = probe(codes[0], train_classes, codes[1], test_classes, arguments.labels)
        yield name, codes[0].shape[1], f"{np.mean(accuracies):.3f} ± {np.std(accuracies):.3f}"


def trained(make, images, arguments):
    keras.utils.set_random_seed(0)
    model = make(arguments.latent_dim)
    model.compile("adam", "mse")
    model.fit(images, epochs=arguments.epochs, batch_size=arguments.batch_size, verbose=0)
    return model


def flat(images):
    return images.reshape(len(images), -1) / np.float32(255)


def probe(train, train_classes, test, test_classes, labels):
    """Return the accuracies of regressions on `labels` training codes, one for each random choice."""
    classes = np.unique(train_classes)
    accuracies = []
    for draw in range(DRAWS):
        generator = np.random.default_rng(draw)
        chosen = np.concatenate(
            [
                generator.choice(np.flatnonzero(train_classes == each), labels // len(classes), replace=False)
                for each in classes
            ]
        )
        regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        regression.fit(train[chosen], train_classes[chosen])
        accuracies.append(regression.score(test, test_classes))
    return accuracies


if __name__ == "__main__":
    main()
