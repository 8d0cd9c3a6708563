"""Evaluation of a detector for each known kind of defect."""

from typing import Any

import numpy as np

from keras_cae.anomaly.evaluation import image_results
from keras_cae.anomaly.pixel_rankings import PixelRankings
from keras_cae.cli.scoring.sources import Scored
from keras_cae.datasets.inspection_folder import GOOD

ALL = "all"


class Measurement:
    """The results for each kind of defect against defect-free images, and for all kinds together."""

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._scores: dict[str, list[float]] = {}
        self._pixels: dict[str, PixelRankings] = {}
        self._good: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, images: list[Scored], found: dict[str, np.ndarray]) -> None:
        """Add the results of a batch. Defect-free images must come first."""
        for image, score, anomaly_map in zip(images, found["score"], found["anomaly_map"], strict=True):
            if image.kind is None:
                continue
            self._scores.setdefault(image.kind, []).append(float(score))
            if image.mask is not None:
                self._add_pixels(image.kind, image.mask[None], anomaly_map[None])

    def _add_pixels(self, kind: str, mask: np.ndarray, anomaly_map: np.ndarray) -> None:
        if kind == GOOD:
            self._good.append((mask, anomaly_map))
            return
        for name in (kind, ALL):
            if name not in self._pixels:
                self._pixels[name] = PixelRankings()
                for good in self._good:
                    self._pixels[name].add(*good)
            self._pixels[name].add(mask, anomaly_map)

    def results(self) -> dict[str, dict[str, Any]]:
        """Return the results by kind: the number of images, and the measures of `AnomalyDetector.evaluate`."""
        good = self._scores.get(GOOD, [])
        kinds = {kind: scores for kind, scores in self._scores.items() if kind != GOOD}
        if len(kinds) > 1:
            kinds[ALL] = [score for scores in kinds.values() for score in scores]
        return {kind: self._of(kind, good, scores) for kind, scores in kinds.items()}

    def _of(self, kind: str, good: list[float], bad: list[float]) -> dict[str, Any]:
        labels = np.arange(len(good) + len(bad)) >= len(good)
        results: dict[str, Any] = {"images": len(bad)}
        results |= image_results(np.array(good + bad, "float32"), labels, self.threshold)
        if kind in self._pixels:
            results |= self._pixels[kind].results()
        return results
