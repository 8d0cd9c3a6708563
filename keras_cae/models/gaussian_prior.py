"""What the models share whose codes are held near the standard normal distribution."""

from typing import Any

import numpy as np


class GaussianPrior:
    """A model of which images can be drawn: it decodes codes of the standard normal distribution."""

    latent_dim: Any
    decode: Any

    def sample(self, n: int, seed: int | None = None, batch_size: int = 128) -> Any:
        """Return images that the decoder makes of codes drawn from the prior.

        Args:
            n: how many.
            seed: of the codes. The same seed draws the same codes, and of more codes the same first ones.
            batch_size: how many codes are decoded at once.

        Returns:
            An array `(n, height, width, channels)`.
        """
        codes = np.random.default_rng(seed).standard_normal((n, self.latent_dim), dtype=np.float32)
        return self.decode(codes, batch_size)
