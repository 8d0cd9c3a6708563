"""Autoencoders as scikit-learn estimators."""

from keras_cae.extras import install_hint

try:
    import sklearn  # noqa: F401
except ImportError as error:
    raise ImportError(
        f"keras_cae.wrappers needs scikit-learn, which is not installed. {install_hint('sklearn')}"
    ) from error

from keras_cae.wrappers.cae_outlier_detector import CAEOutlierDetector
from keras_cae.wrappers.cae_transformer import CAETransformer

__all__ = ["CAEOutlierDetector", "CAETransformer"]
