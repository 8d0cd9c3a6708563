"""`keras-cae reconstruct`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_cae.cli import model_options as option
from keras_cae.cli.devices import use_device
from keras_cae.cli.exit_handling import SUCCESS, exit_on_user_errors
from keras_cae.cli.quiet_start import import_keras
from keras_cae.wording import counted


@dataclass(frozen=True, kw_only=True)
class ReconstructOptions(option.AppliedOptions):
    """The options of `keras-cae reconstruct`."""

    out: option.ImagesOut = None


def reconstruct(options: ReconstructOptions) -> int:
    """Write the outputs of a model for images: reconstructions, or denoised images.

    Writes a folder of PNG files with the names, the subfolders and the sizes of the images; or, with --out NAME.npy,
    an array. Files that can't be read are reported and skipped.
    """
    from keras_cae.cli.applying.outputs import check_pictures_or_array, is_array

    with exit_on_user_errors():
        check_pictures_or_array(options.out, (options.model, *options.data), options.overwrite)
    import_keras()
    with exit_on_user_errors():
        use_device(options.device)
    from keras_cae.cli.applying.images import open_images
    from keras_cae.cli.applying.pictures import check_pictures
    from keras_cae.cli.applying.report import image_options, note, report, shell_quoted, shell_quoted_data
    from keras_cae.cli.saved_model import load_autoencoder

    with exit_on_user_errors():
        saved = load_autoencoder(options.model)
        if not is_array(options.out):
            check_pictures(saved.autoencoder)
        images = open_images(options.data, saved, **image_options(options))
        note(images)
        write = _write_array if is_array(options.out) else _write_pictures
        count, out = write(options, saved.autoencoder, images)
        following = f"keras-cae evaluate {shell_quoted(options.model)} {shell_quoted_data(options)}"
        said = [
            f"Reconstructed {counted(count, images.kind.noun)}: {out}",
            f"Next, measure their quality: {following}",
        ]
        report(options, {"images": count, "out": str(out)}, said, images)
    return SUCCESS


def _write_array(options: ReconstructOptions, model: Any, images: Any) -> tuple[int, Path]:
    from keras_cae.cli.applying.array_writer import ArrayWriter
    from keras_cae.cli.applying.outputs import new_file

    with new_file(options.out, "", "") as (out, unfinished), ArrayWriter(unfinished) as array:
        for _, made in _reconstructed(options, model, images):
            array.write(made)
    return array.count, out


def _write_pictures(options: ReconstructOptions, model: Any, images: Any) -> tuple[int, Path]:
    from keras_cae.cli.applying.outputs import new_folder
    from keras_cae.cli.applying.pictures import is_deep, numbers, picture_names, restore_size, write_picture

    names = picture_names(numbers(images.count) if images.names is None else images.names)
    count, deep = 0, is_deep(model)
    with new_folder(options.out, f"{images.name}-reconstructions") as (out, unfinished):
        for batch, made in _reconstructed(options, model, images):
            for row, image in zip(batch.rows, made, strict=True):
                restored = restore_size(image, images.stored_size(row), images.sizing)
                write_picture(restored, unfinished / names[row], deep=deep)
                count += 1
    return count, out


def _reconstructed(options: ReconstructOptions, model: Any, images: Any) -> Any:
    from keras_cae.cli.applying.images import apply_to_images

    return apply_to_images(model.predict_on_batch, images, options.batch_size, "Reconstructing")
