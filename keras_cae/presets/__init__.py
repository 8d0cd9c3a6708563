"""Presets, which are folders of trained models: writing, reading, and the bundled presets."""
