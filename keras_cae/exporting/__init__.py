"""Export of models to files that run without this library, and verification of these files."""
