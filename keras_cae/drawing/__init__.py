"""Pictures of images, reconstructions and codes, as arrays.

The callbacks, the plots and the command all draw with these functions, so what one of them shows looks the same in the
others.
"""
