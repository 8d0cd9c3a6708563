"""What the commands share that apply a saved model to images, batch by batch."""
