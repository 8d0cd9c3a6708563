"""Compares anomaly detection with that of PCA, Isolation Forest and one-class SVM.

    pip install -e ".[test]"
    python tests/benchmarks/anomaly.py [FILE.npz …] [--defects] [--signals] [--mvtec FOLDER …] [--seeds 3] [--epochs 50]

Each FILE.npz contains `x_train`, `y_train`, `x_test` and `y_test`. Each class is a task: its training images are
normal, and the test images of all other classes are anomalies. `--defects` draws defects onto photographs from
scikit-image. `--signals` injects faults into windows of two channels. FOLDER has the layout of MVTec AD. Models are
trained only on normal images, on which the detectors are also calibrated. Prints a table in Markdown for each: the
means over tasks and seeds, and the standard deviation over seeds.
"""

import argparse
import warnings

import keras
import numpy as np
from anomaly_tasks import defect_tasks, mvtec_task, one_class, signal_task
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM
from tables import print_table

import keras_cae
from keras_cae.anomaly import AnomalyDetector, RelativeScore
from keras_cae.anomaly.pixel_rankings import PixelRankings
from keras_cae.rankings import auroc

COMPONENTS = 32


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="*", help="files of images with classes")
    parser.add_argument("--classes", type=int, nargs="+", help="the classes to use; by default all")
    parser.add_argument("--defects", action="store_true")
    parser.add_argument("--signals", action="store_true")
    parser.add_argument("--mvtec", nargs="+", default=[])
    parser.add_argument("--image-size", type=int, default=128, help="side of the images in FOLDER")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=50, help="0 for only the methods without training, with FILE.npz")
    parser.add_argument("--policy", default="float32", help="the dtype policy of the models")
    parser.add_argument("--latent-dim", type=int, default=16)
    parser.add_argument("--each", action="store_true", help="add a column for each task")
    options = parser.parse_args()
    keras.config.set_dtype_policy(options.policy)
    warnings.filterwarnings("ignore", "Not defined for these images")
    for path in options.data:
        print(f"\n## One class of {path}\n")
        show(list(one_class(path, options.classes)), one_class_results, options)
    if options.defects:
        print("\n## Defects\n")
        show(list(defect_tasks()), defect_results, options)
    if options.signals:
        print("\n## Signals\n")
        show([signal_task()], signal_results, options)
    for folder in options.mvtec:
        print(f"\n## {folder}\n")
        show([mvtec_task(folder, options.image_size)], defect_results, options)


def show(tasks, results_of, options):
    """Print a table of the results of all methods."""
    found = [
        [{**baselines(task, seed), **results_of(task, seed, options)} for task in tasks]
        for seed in range(options.seeds)
    ]
    measures = ("image_auroc", "aupro") if tasks[0].masks is not None else ("image_auroc",)
    names = [task.name for task in tasks] if options.each else []
    print_table(("method", *names, *measures), (row(method, found, measures, options.each) for method in found[0][0]))


def row(method, found, measures, each):
    """Yield the cells of a row: the results of each task, if requested, and the mean of each measure."""
    values = {
        name: np.array([[task[method].get(name, np.nan) for task in seed] for seed in found]) for name in measures
    }
    yield method
    if each:
        yield from (f"{mean:.2f}" for mean in values[measures[0]].mean(axis=0))
    for name in measures:
        means = values[name].mean(axis=1)
        yield "–" if np.isnan(means).any() else f"{means.mean():.3f} ± {means.std():.3f}"


# Methods without a network


def baselines(task, seed):
    """Return the results of methods that treat an image as a vector of pixels."""
    white = np.float32(255 if task.normal.dtype == np.uint8 else 1)
    normal, images = (part.reshape(len(part), -1) / white for part in (task.normal, task.images))
    components = PCA(min(COMPONENTS, len(normal)), svd_solver="randomized", random_state=seed).fit(normal)
    errors = (images - components.inverse_transform(components.transform(images))) ** 2
    codes = [components.transform(part) for part in (normal, images)]
    scaler = StandardScaler().fit(codes[0])
    svm = OneClassSVM(nu=0.1, gamma="scale").fit(scaler.transform(codes[0]))
    forest = IsolationForest(random_state=seed).fit(normal)
    return {
        f"PCA, residual of {COMPONENTS} components": measured(task, errors.mean(axis=1), errors),
        "one-class SVM on these": measured(task, -svm.score_samples(scaler.transform(codes[1]))),
        "Isolation Forest": measured(task, -forest.score_samples(images)),
    }


def measured(task, scores, maps=None):
    """Return the results of scores and, if there are any, of anomaly maps."""
    results = {"image_auroc": auroc(scores, task.labels)}
    if maps is not None and task.masks is not None:
        pixels = PixelRankings()
        pixels.add(task.masks, maps.reshape(task.images.shape).mean(axis=-1))
        results.update(pixels.results())
    return results


# Autoencoders


def one_class_results(task, seed, options):
    """Return the results of one autoencoder with several scores."""
    linear = principal_components(task.normal, seed)
    found = {f"PCA, {name}": evaluated(AnomalyDetector(linear, score), task) for name, score in scores().items()}
    if options.epochs:
        model = keras_cae.models.BasicCAE(options.latent_dim, filters=(16, 32))
        trained(model, task.normal, seed, options.epochs)
        for name, score in scores().items():
            found[f"`BasicCAE`, {name}"] = evaluated(AnomalyDetector(model, score), task)
    return found


def principal_components(images, seed):
    """Return PCA as an autoencoder of two linear layers, without training."""
    values = images.reshape(len(images), -1) / np.float32(255)
    found = PCA(min(COMPONENTS, len(values)), svd_solver="randomized", random_state=seed).fit(values)
    size = len(found.components_)
    encoder = keras.Sequential([keras.Input(images.shape[1:]), keras.layers.Flatten(), keras.layers.Dense(size)])
    decoder = keras.Sequential([keras.Input((size,)), keras.layers.Dense(values.shape[1])])
    decoder.add(keras.layers.Reshape(images.shape[1:]))
    model = keras_cae.models.CAE(encoder, decoder)
    model.build((None, *images.shape[1:]))
    encoder.set_weights([found.components_.T, -found.components_ @ found.mean_])
    decoder.set_weights([found.components_, found.mean_])
    return model


def scores():
    """Return the scores to compare."""
    return {
        "mse": "mse",
        "ssim": "ssim",
        "latent": "latent",
        "relative without typicality": RelativeScore(typicality=False),
        "relative without typicality, fitted exponent": RelativeScore(exponent="fitted", typicality=False),
        "relative (the default)": "relative",
    }


def defect_results(task, seed, options):
    """Return the results of plain autoencoders, and of those trained to repair corrupted images."""
    occlusion = keras_cae.layers.RandomOcclusion(noise=0.02, keep_noise=True, seed=seed)
    models = {
        "`BasicCAE`": keras_cae.models.BasicCAE(options.latent_dim, filters=(16, 32, 64)),
        "`DenoisingCAE`, occlusions": keras_cae.models.DenoisingCAE(filters=(16, 32, 64, 64), corruption=occlusion),
    }
    found = {}
    for name, model in models.items():
        trained(model, task.normal, seed, options.epochs)
        for score, arguments in DETECTORS.items():
            found[f"{name}, {score}"] = evaluated(AnomalyDetector(model, **arguments), task)
    return found


DETECTORS = {
    "relative": {"score": "relative"},
    "mse, largest": {"score": "mse", "pooling": "max", "smoothing": 2.0},
    "mse+ssim, largest": {"score": "mse+ssim", "pooling": "max", "smoothing": 2.0},
    "standardized, largest": {"score": "standardized", "pooling": "max", "smoothing": 2.0},
}


def signal_results(task, seed, options):
    """Return the results of an autoencoder of signals."""
    model = keras_cae.models.BasicCAE(options.latent_dim, filters=(16, 32, 64), rank=1)
    trained(model, task.normal, seed, options.epochs)
    return {
        f"`BasicCAE`, {score}": evaluated(AnomalyDetector(model, **arguments), task)
        for score, arguments in {**DETECTORS, "mse": {"score": "mse"}, "latent": {"score": "latent"}}.items()
    }


def trained(model, images, seed, epochs, batch_size=32):
    """Train a model on normal images, and return it."""
    keras.utils.set_random_seed(seed)
    steps = epochs * -(-len(images) // batch_size)
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps)), "mse")
    model.fit(images, epochs=epochs, batch_size=batch_size, verbose=0)
    return model


def evaluated(detector, task):
    """Return the results of a detector that is calibrated on the training images."""
    return detector.calibrate(task.normal).evaluate(task.images, task.labels, task.masks)


if __name__ == "__main__":
    main()
