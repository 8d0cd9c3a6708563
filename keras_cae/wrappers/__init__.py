"""Autoencoders as scikit-learn estimators."""

try:
    import sklearn  # noqa: F401
except ImportError as error:
    raise ImportError(
        'keras_cae.wrappers needs scikit-learn. Install it with: pip install "keras-cae[sklearn]"'
    ) from error

from keras_cae.wrappers.cae_outlier_detector import CAEOutlierDetector
from keras_cae.wrappers.cae_transformer import CAETransformer

__all__ = ["CAEOutlierDetector", "CAETransformer"]
