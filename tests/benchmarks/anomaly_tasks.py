"""Tasks of anomaly detection: normal images for training, and labelled images for testing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import skimage.data
from defects import with_defect
from faults import normal_windows, with_fault
from labelled import labelled_images
from PIL import Image

from keras_cae.datasets import load_images

CROP = 64
NORMAL_CROPS, TEST_CROPS = 400, 100
NORMAL_WINDOWS, TEST_WINDOWS = 1000, 600
TEXTURES = ("brick", "grass", "gravel")
OBJECTS = ("chelsea", "coffee", "rocket")
"""Photographs whose centre serves as an object: it is the same in all images, apart from small shifts and lighting."""


class Task(NamedTuple):
    """Images as uint8, or windows of signals as floats.

    Labels of test images are True for anomalies. Masks show where the anomalies are, if known.
    """

    name: str
    normal: np.ndarray
    images: np.ndarray
    labels: np.ndarray
    masks: np.ndarray | None = None


def one_class(path: str, classes: Any = None) -> Iterator[Task]:
    """Yield a task for each class: its training images are normal, the test images of other classes are anomalies."""
    (train, train_classes), (test, test_classes) = labelled_images(path)
    for each in np.unique(train_classes) if classes is None else classes:
        yield Task(str(each), train[train_classes == each], test, test_classes != each)


def defect_tasks(seed: int = 0) -> Iterator[Task]:
    """Yield tasks of textures and objects from photographs in scikit-image, with drawn defects."""
    for name in TEXTURES:
        yield _task(name, _texture(name, np.random.default_rng(seed)), seed)
    for name in OBJECTS:
        yield _task(name, _object(name, np.random.default_rng(seed)), seed)


def signal_task(seed: int = 0) -> Task:
    """Return the task of windows of two channels with injected faults."""
    generator = np.random.default_rng(seed)
    parts = normal_windows(NORMAL_WINDOWS, generator), normal_windows(TEST_WINDOWS, generator)
    return _task("beats", parts, seed, with_fault)


def _task(name: str, parts: tuple[np.ndarray, np.ndarray], seed: int, damaged: Any = with_defect) -> Task:
    normal, images = parts
    generator = np.random.default_rng([seed, 1])
    labels = np.arange(len(images)) % 2 == 1
    pairs = [
        damaged(image, generator) if label else (image, np.zeros(image.shape[:-1], bool))
        for image, label in zip(images, labels, strict=True)
    ]
    images, masks = (np.stack(part) for part in zip(*pairs, strict=True))
    return Task(name, normal, images, labels, masks)


def _texture(name: str, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return crops from the left of a photograph for training, and from its right for testing."""
    image = getattr(skimage.data, name)()[..., None]
    middle = image.shape[1] * 2 // 3
    return _crops(image[:, :middle], NORMAL_CROPS, generator), _crops(image[:, middle:], TEST_CROPS, generator)


def _crops(image: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    tops, lefts = (generator.integers(0, side - CROP + 1, count) for side in image.shape[:2])
    return np.stack([image[top : top + CROP, left : left + CROP] for top, left in zip(tops, lefts, strict=True)])


def _object(name: str, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    image = getattr(skimage.data, name)()
    side = min(image.shape[:2])
    top, left = ((length - side) // 2 for length in image.shape[:2])
    small = Image.fromarray(image[top : top + side, left : left + side]).resize((CROP + 6, CROP + 6))
    images = _crops(np.asarray(small), NORMAL_CROPS + TEST_CROPS, generator).astype("float64")
    light = generator.uniform(0.85, 1.1, (len(images), 1, 1, 1))
    noisy = light * images + generator.normal(0, 4, images.shape)
    images = np.clip(np.round(noisy), 0, 255).astype("uint8")
    return images[:NORMAL_CROPS], images[NORMAL_CROPS:]


def mvtec_task(folder: str, image_size: int) -> Task:
    """Return the task of a folder with `train/good`, `test/KIND` and `ground_truth/KIND/*_mask.png`, as in MVTec AD."""
    root = Path(folder)
    normal = load_images(root / "train" / "good", image_size=image_size).images
    images, labels, masks = [], [], []
    for kind in sorted(path for path in (root / "test").iterdir() if path.is_dir()):
        found = load_images(kind, image_size=image_size, channels=normal.shape[-1]).images
        images.append(found)
        labels += [kind.name != "good"] * len(found)
        files = sorted((root / "ground_truth" / kind.name).glob("*.png"))
        if kind.name == "good":
            masks.append(np.zeros(found.shape[:3], bool))
        else:
            masks.append(np.stack([_mask(file, image_size) for file in files]))
    return Task(root.name, normal, np.concatenate(images), np.array(labels), np.concatenate(masks))


def _mask(path: Path, side: int) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("L").resize((side, side), Image.Resampling.NEAREST)) > 0
