"""Compares the best model of a search with the default models, at the same code size.

    pip install -e ".[bench]"
    python tests/benchmarks/search.py [FILE.npz] [--trials 20] [--epochs 4] [--picture FILE.svg]

FILE.npz contains `x_train`, `y_train`, `x_test` and `y_test`, images as uint8 and their classes; by default,
scikit-learn's digits are used. A Bayesian search with `HyperCAE` compares its trials on a tenth of the training images,
on which the default models are not trained either. All models are trained for the same number of epochs. Prints tables
in Markdown: the best trials, and the PSNR of test images.
"""

import tempfile

import keras
import keras_tuner
from labelled import labelled_images, make_parser
from tables import print_table

import keras_cae
from keras_cae.cli.tuning.tuners import describe

LISTED = 5
SMALL = {"depth": (2, 3), "width": [16, 32], "kernel_size": 3}
"""The hyperparameters of the searched networks, which are small enough for trials to take seconds."""
COLUMNS = ("model", "parameters", "test PSNR, dB")


def main():
    parser = make_parser(__doc__, latent_dim=32, epochs=4, batch_size=128)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--picture", help="draw the validation PSNR of all trials into this file")
    options = parser.parse_args()
    train, test = (part.images for part in labelled_images(options.data))
    held_out = len(train) // 10
    train, validation = train[held_out:], train[:held_out]
    with tempfile.TemporaryDirectory() as folder:
        tuner = search(train, validation, folder, options)
        trials = tuner.oracle.get_best_trials(options.trials)
        rows = [(trial.trial_id, f"{trial.score:.2f}", describe(trial)) for trial in trials[:LISTED]]
        print_table(("trial", "validation PSNR, dB", "hyperparameters"), rows, labels=3)
        (found,) = tuner.get_best_models()
    models = {"the best trial": found}
    for name in keras_cae.hypermodels.HyperCAE.searched:
        models[f"`{name}`, its defaults"] = trained(name, train, options)
    models["`BatchNormPoolCAE`, with `momentum=0.9`"] = trained("BatchNormPoolCAE", train, options, momentum=0.9)
    print_table(COLUMNS, (row(name, model, test) for name, model in models.items()))
    if options.picture:
        draw(trials, options.picture)


def search(train, validation, folder, options):
    """Return the tuner after the search."""
    hypermodel = keras_cae.hypermodels.HyperCAE(train.shape[1:], latent_dim=options.latent_dim, seed=0, **SMALL)
    tuner = keras_tuner.BayesianOptimization(
        hypermodel, objective=hypermodel.objective, max_trials=options.trials, directory=folder, seed=0
    )
    tuner.search(train, validation_data=validation, epochs=options.epochs, verbose=0)
    return tuner


def trained(name, images, options, **arguments):
    """Train a model as in its documentation, and return it."""
    keras.utils.set_random_seed(0)
    model = getattr(keras_cae.models, name)(latent_dim=options.latent_dim, **arguments)
    model.compile(optimizer="adam", loss="mse")
    model.fit(images, batch_size=options.batch_size, epochs=options.epochs, verbose=0)
    return model


def row(name, model, test):
    psnr = keras_cae.metrics.PSNR()
    for start in range(0, len(test), 500):
        images = test[start : start + 500]
        psnr.update_state(images, model.predict(images, verbose=0))
    return name, f"{model.count_params():,}", f"{float(psnr.result()):.2f}"


def draw(trials, path):
    """Draw the PSNR and the architecture of the trials in order, and the best PSNR so far."""
    # Imported here, because the tables don't need it.
    from matplotlib import pyplot, ticker

    trials = sorted(trials, key=lambda trial: int(trial.trial_id))
    scores = [trial.score for trial in trials]
    figure, axes = pyplot.subplots(figsize=(7, 3.5), layout="constrained")
    best = [max(scores[: index + 1]) for index in range(len(scores))]
    axes.step(range(len(best)), best, where="post", color="0.6", label="best so far")
    for architecture in keras_cae.hypermodels.HyperCAE.searched:
        own = [
            index
            for index, trial in enumerate(trials)
            if trial.hyperparameters.get("model/architecture") == architecture
        ]
        axes.plot(own, [scores[index] for index in own], "o", label=architecture)
    axes.set(xlabel="trial", ylabel="validation PSNR, dB")
    axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    figure.legend(loc="outside right upper")
    figure.savefig(path)


if __name__ == "__main__":
    main()
