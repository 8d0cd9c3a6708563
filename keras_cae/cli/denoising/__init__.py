"""The implementation of `keras-cae denoise`."""
