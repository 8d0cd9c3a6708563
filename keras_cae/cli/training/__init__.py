"""The implementation of `keras-cae train`."""
