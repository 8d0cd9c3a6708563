"""Drawing of images, reconstructions and codes as arrays of pixels.

The callbacks, the plots and the command-line program all use these functions, so their pictures look the same.
"""
