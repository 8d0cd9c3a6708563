"""The commands, one per file: the options, the checks before TensorFlow is imported, and the run."""
