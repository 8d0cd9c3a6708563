"""The parts that are shared by the commands that apply a saved model to images, batch by batch."""
