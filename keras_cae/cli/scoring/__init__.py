"""The implementation of `keras-cae score` and of `keras-cae train --detector`."""
