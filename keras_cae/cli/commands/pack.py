"""`keras-cae pack`."""

from dataclasses import dataclass
from pathlib import Path

from keras_cae.cli import options as option
from keras_cae.cli.exit_handling import SUCCESS, exit_on_user_errors
from keras_cae.cli.messages import say
from keras_cae.cli.quiet_start import import_keras
from keras_cae.wording import counted


@dataclass(frozen=True, kw_only=True)
class PackOptions:
    """The options of `keras-cae pack`."""

    data: option.PackedData
    pattern: option.Pattern
    shards: option.Shards = 8
    rank: option.Rank = 2
    image_size: option.PackedSize = None
    resize: option.Resize = "stretch"
    channels: option.Channels = None
    key: option.Key = None
    pages: option.Pages = False
    overwrite: option.Overwrite = False


def pack(options: PackOptions) -> int:
    """Pack images into a few large files, which keras-cae train reads faster from network disks.

    Image files are stored unchanged. With --image-size or --channels, and for arrays, the pixels are stored instead.
    Files that can't be decoded are reported and skipped.
    """
    import_keras()
    from keras_cae import datasets
    from keras_cae.cli.report import report_skipped

    with exit_on_user_errors():
        packed = datasets.pack(
            options.data,
            options.pattern,
            shards=options.shards,
            image_size=options.image_size,
            resize=options.resize,
            channels=options.channels,
            key=options.key,
            rank=options.rank,
            pages=options.pages,
            overwrite=options.overwrite,
        )
    report_skipped(packed.skipped)
    count = len(packed.paths)
    size = sum(Path(path).stat().st_size for path in packed.paths)
    say(
        f"Packed {counted(packed.images, 'images')} into "
        f"{counted(count, 'shards')} of "
        f"{size / count / 1e6:,.1f} MB: {options.pattern}"
    )
    return SUCCESS
