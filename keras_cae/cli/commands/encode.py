"""`keras-cae encode`."""

from dataclasses import dataclass
from typing import Any

from keras_cae.cli import model_options as option
from keras_cae.cli.devices import use_device
from keras_cae.cli.exit_handling import SUCCESS, exit_on_user_errors
from keras_cae.cli.quiet_start import import_keras
from keras_cae.wording import counted

SUFFIXES = (".npz", ".csv", ".parquet", ".npy")


@dataclass(frozen=True, kw_only=True)
class EncodeOptions(option.AppliedOptions):
    """The options of `keras-cae encode`."""

    out: option.CodesOut = None


def encode(options: EncodeOptions) -> int:
    """Encode images and write their codes.

    Writes the result of model.encode for each image, sorted by path: for similarity search, clustering or a
    classifier. Files that can't be read are reported and skipped.
    """
    from keras_cae.cli.applying.outputs import check_file

    with exit_on_user_errors():
        if options.out is not None:
            check_file(options.out, SUFFIXES, (options.model, *options.data), options.overwrite)
    import_keras()
    with exit_on_user_errors():
        use_device(options.device)
    from keras_cae.cli.applying.images import open_images
    from keras_cae.cli.applying.report import image_options, note, report
    from keras_cae.cli.saved_model import load_autoencoder

    with exit_on_user_errors():
        saved = load_autoencoder(options.model)
        images = open_images(options.data, saved, **image_options(options))
        _check_code_shapes(saved.autoencoder, images)
        note(images)
        results = _write(options, saved.autoencoder, images)
        report(options, results, _said(options, saved.autoencoder, images, results), images)
    return SUCCESS


def _write(options: EncodeOptions, model: Any, images: Any) -> dict[str, Any]:
    """Write the codes, and return the results for the report."""
    from keras_cae.cli.applying.code_writer import write_codes
    from keras_cae.cli.applying.images import apply_to_images
    from keras_cae.cli.applying.outputs import new_file

    count = 0
    place = new_file(options.out, f"{images.name}-codes", "codes.npz")
    with place as (out, unfinished), write_codes(unfinished, out.suffix.lower()) as writer:
        for batch, codes in apply_to_images(model.encode, images, options.batch_size, "Encoding"):
            writer.write([images.name_of(row) for row in batch.rows], codes)
            count += len(codes)
    return {"images": count, "code_shape": codes.shape[1:], "dtype": str(codes.dtype), "out": str(out)}


def _said(options: EncodeOptions, model: Any, images: Any, results: dict[str, Any]) -> list[str]:
    """Return the lines of the report."""
    from keras_cae.cli.applying.report import shape_text, shell_quoted, shell_quoted_data

    if model.decodes_codes_alone:
        following = f"decode them to images: keras-cae decode {shell_quoted(options.model, results['out'])}"
    else:
        following = (
            f"reconstruct the images: keras-cae reconstruct {shell_quoted(options.model)} {shell_quoted_data(options)}"
        )
    size, count = shape_text(results["code_shape"]), results["images"]
    each = " each" if count > 1 else ""
    return [
        f"Encoded {counted(count, images.kind.noun)} as {size} numbers{each}: {results['out']}",
        f"Next, {following}",
    ]


def _check_code_shapes(model: Any, images: Any) -> None:
    """Raise a `ValueError` if the codes of the images differ in shape, before the first image is encoded."""
    if len(images.sizes) < 2:
        return
    channels = model.built_shape[-1]
    sizes = sorted(images.sizes)
    shapes = {tuple(model.encoder.compute_output_shape((1, *size, channels))[1:]) for size in sizes}
    if len(shapes) > 1:
        known = ", ".join("×".join(map(str, size)) for size in sizes[:3])
        raise ValueError(
            "DATA must contain images of one size, because the code shape of this model depends on the image size, got "
            f"{len(sizes)} sizes ({known}{', …' if len(sizes) > 3 else ''}). Resize them with --image-size HxW."
        )
