"""Folders of images of good and defective objects in the layout of MVTec AD."""

from pathlib import Path
from typing import NamedTuple

from keras_cae.datasets.folder import image_paths

GOOD = "good"
"""The name of the folder of images without defects."""


class Inspected(NamedTuple):
    """A test image: its path, the kind of its defect or "good", and the path of its mask or None."""

    path: Path
    kind: str
    mask: Path | None


class InspectionFolder:
    """A folder with `train/good`, `test/good`, `test/KIND` and `ground_truth/KIND/NAME_mask.png`.

    This is the layout of MVTec AD (Bergmann et al. 2019, "MVTec AD: A comprehensive real-world dataset for
    unsupervised anomaly detection"). Without `ground_truth`, there are no masks.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.normal = path / "train" / GOOD

    @classmethod
    def find(cls, path: str | Path) -> "InspectionFolder | None":
        """Return the folder if it has this layout, or None."""
        path = Path(path)
        return cls(path) if (path / "train" / GOOD).is_dir() and (path / "test").is_dir() else None

    def test_images(self) -> list[Inspected]:
        """Return the test images, those without defects first.

        Raises:
            ValueError: there are no test images, or there are masks, but one is missing.
        """
        kinds = [entry for entry in sorted((self.path / "test").iterdir()) if entry.is_dir()]
        kinds.sort(key=lambda entry: entry.name != GOOD)
        found = [
            Inspected(path, kind.name, self._mask(kind.name, path)) for kind in kinds for path in image_paths(kind)
        ]
        if not found:
            raise ValueError(f"There are no images in the folders of {str(self.path / 'test')!r}.")
        return found

    def _mask(self, kind: str, path: Path) -> Path | None:
        masks = self.path / "ground_truth"
        if kind == GOOD or not masks.is_dir():
            return None
        candidates = [masks / kind / f"{path.stem}{ending}.png" for ending in ("_mask", "")]
        for candidate in candidates:
            if candidate.is_file():
                return candidate
        raise ValueError(f"The mask of {str(path)!r} is missing: there is no file {str(candidates[0])!r}.")
