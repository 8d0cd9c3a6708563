"""The options that several commands take."""

from typing import Annotated

import typer

from keras_cae.cli import options
from keras_cae.cli.loading import LARGEST_DEFAULT_SIDE
from keras_cae.cli.presets import LATENT_DIM

RESIZES = ("stretch", "crop", "pad")

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="digits (scikit-learn's handwritten digits, offline); mnist, fashion_mnist or cifar10 "
        "(downloaded); a folder of images, nested or not; or an .npy or .npz file.",
    ),
]
LatentDim = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="How many numbers an image is encoded in.",
        show_default=f"{LATENT_DIM}; vector-quantized: by the size of the images",
        rich_help_panel="Model",
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        min=0,
        max=2**32 - 1,
        help="Of weights, noise and the order of images. The test images are always the same.",
        rich_help_panel="Training",
    ),
]
Size = Annotated[
    options.ImageSize | None,
    typer.Option(
        metavar="N|HxW",
        parser=options.image_size,
        help="The size that all images get, in pixels, height first.",
        show_default=f"the most common size, at most {LARGEST_DEFAULT_SIDE} pixels on the longer side",
        rich_help_panel="Images",
    ),
]
Resize = Annotated[
    str,
    typer.Option(
        metavar="|".join(RESIZES),
        callback=options.choice(RESIZES),
        help="How an image gets that size: change its proportions, cut off the overhang, or add black borders.",
        rich_help_panel="Images",
    ),
]
Channels = Annotated[
    int | None,
    typer.Option(
        metavar="1|3|4",
        callback=options.channels,
        help="Grey, colour, or colour with opacity.",
        show_default="as the images are",
        rich_help_panel="Images",
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        help="The name of the array in an .npz file.",
        show_default="x_train with x_test, images, x, data, or the only one",
        rich_help_panel="Images",
    ),
]
