"""Anomaly detection: a detector around any autoencoder, and the scores that it can use."""

from keras_cae.anomaly.anomaly_detector import AnomalyDetector
from keras_cae.anomaly.combined import Combined
from keras_cae.anomaly.elbo_score import ELBOScore
from keras_cae.anomaly.function_score import FunctionScore
from keras_cae.anomaly.get import get
from keras_cae.anomaly.latent_score import LatentScore
from keras_cae.anomaly.mae_score import MAEScore
from keras_cae.anomaly.mse_score import MSEScore
from keras_cae.anomaly.relative_score import RelativeScore
from keras_cae.anomaly.score import Score
from keras_cae.anomaly.ssim_score import SSIMScore
from keras_cae.anomaly.standardized_score import StandardizedScore

__all__ = [
    "AnomalyDetector",
    "Combined",
    "ELBOScore",
    "FunctionScore",
    "LatentScore",
    "MAEScore",
    "MSEScore",
    "RelativeScore",
    "SSIMScore",
    "Score",
    "StandardizedScore",
    "get",
]
