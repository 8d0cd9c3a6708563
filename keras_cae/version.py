"""The version of the package, which the package metadata also reads from here."""

__version__ = "0.1.0"
