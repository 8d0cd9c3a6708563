"""What only `keras-cae tune` uses."""
