"""Denoising methods that need no training but know the strength of the noise, σ, as a fraction of white.

They take and return images `(height, width, channels)`; `non_local_means` takes grey ones only.
"""

import importlib.util

from skimage.restoration import denoise_nl_means


def non_local_means(image, sigma):
    """Return the result of non-local means."""
    return denoise_nl_means(image[..., 0], sigma=sigma, h=0.8 * sigma, patch_size=5, patch_distance=6)[..., None]


def by_bm3d(image, sigma):
    """Return the result of BM3D, as implemented by the package `bm3d`."""
    import bm3d

    return bm3d.bm3d_rgb(image, sigma) if image.shape[-1] == 3 else bm3d.bm3d(image[..., 0], sigma)[..., None]


METHODS = {"non-local means": non_local_means} | ({"BM3D": by_bm3d} if importlib.util.find_spec("bm3d") else {})
"""The methods for grey images that are installed, by name."""
