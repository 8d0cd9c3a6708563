"""Compares how well `MaskedCAE` and PCA fill in the hidden patches of held-out images.

    python tests/benchmarks/completion.py [FILE.npz] [--latent-dim 32] [--epochs 20] [--picture FILE.png]

The images and the training are those of `quality.py`. PCA of whole images fills in pixels in two ways: by encoding the
image with the mean values of the hidden pixels, or with the code that fits the visible pixels best (least squares).
Prints a table in Markdown with the mean squared error of the hidden pixels.
"""

import numpy as np
from labelled import labelled_images, make_parser
from pictures import save_rows
from quality import PICTURED, components, fitted, flat
from tables import print_table


def main():
    parser = make_parser(__doc__, latent_dim=32, epochs=20, batch_size=64)
    parser.add_argument("--picture", help="draw the first images, hidden and completed, into this file")
    options = parser.parse_args()
    train, test = labelled_images(options.data)
    print_table(("completed by", "MSE of hidden pixels"), rows(train.images, test.images, options))


def rows(train, test, options):
    model = fitted("MaskedCAE", train, options)
    hidden = hidden_pixels(model, test)
    images = flat(test)
    seen = np.asarray(model.corrupt(test))
    pca = components(train, options)
    completed = {
        "the mean image": np.broadcast_to(pca.mean_, images.shape),
        "PCA, hidden pixels as in the mean image": pca_of_average(pca, images, hidden),
        "PCA, fitted to the visible pixels": pca_of_visible(pca, images, hidden),
        "MaskedCAE": model.predict(seen, verbose=0).reshape(images.shape),
    }
    if options.picture:
        draw(options.picture, test[:PICTURED], seen[:PICTURED], hidden[:PICTURED], completed)
    for label, made in completed.items():
        yield label, f"{np.mean((made - images)[hidden] ** 2):.5f}"


def draw(path, images, seen, hidden, completed):
    """Draw the images, their visible parts, and the completed images."""
    rows = {"test images": images, "seen": seen}
    for label, made in completed.items():
        rows[label] = np.where(hidden, made[: len(images)], flat(images)).reshape(images.shape)
    save_rows(path, rows)


def hidden_pixels(model, images):
    """Return which pixels are hidden in evaluation, `(n, values of an image)`."""
    noise = np.random.default_rng(0).random(images.shape, dtype="float32")
    return (np.asarray(model.corrupt(noise)) != noise).reshape(len(images), -1)


def pca_of_average(pca, images, hidden):
    return pca.inverse_transform(pca.transform(np.where(hidden, pca.mean_, images)))


def pca_of_visible(pca, images, hidden):
    codes = [
        np.linalg.lstsq(pca.components_[:, seen].T, (image - pca.mean_)[seen])[0]
        for image, seen in zip(images, ~hidden, strict=True)
    ]
    return pca.inverse_transform(np.stack(codes))


if __name__ == "__main__":
    main()
