"""What `keras-cae denoise` does."""
