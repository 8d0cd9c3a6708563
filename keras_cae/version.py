"""The one place where the version stands; the package metadata reads it too."""

__version__ = "0.1.0"
