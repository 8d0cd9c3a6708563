"""The export of models to files that run without this library, and the verification of these files."""
