"""The implementation of `keras-cae tune`."""
