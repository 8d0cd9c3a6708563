"""Metrics of image quality."""

__all__: list[str] = []
