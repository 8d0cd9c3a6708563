"""The commands, one per file: the options, what is checked before TensorFlow starts, and the run."""
