"""What only `keras-cae train` uses."""
