"""Folders of trained models: how they are written and read, and those that come with the library."""
