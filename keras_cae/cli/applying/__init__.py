"""Shared code of the commands that apply a saved model to images, batch by batch."""
