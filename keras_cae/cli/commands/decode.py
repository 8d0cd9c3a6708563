"""`keras-cae decode`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from keras_cae.cli import model_options as option
from keras_cae.cli.devices import use_device
from keras_cae.cli.exit_handling import SUCCESS, exit_on_user_errors
from keras_cae.cli.machine_options import Device
from keras_cae.cli.options import AsJSON
from keras_cae.cli.quiet_start import import_keras
from keras_cae.wording import counted


@dataclass(frozen=True, kw_only=True)
class DecodeOptions:
    """The options of `keras-cae decode`."""

    model: option.ModelFile
    codes: option.CodesFile
    key: option.CodesKey = None
    batch_size: option.AppliedBatchSize = 32
    out: option.ImagesOut = None
    device: Device = None
    json: AsJSON = False
    overwrite: option.Overwrite = False


def decode(options: DecodeOptions) -> int:
    """Decode codes to images.

    Writes a folder of PNG files, which have the names of the encoded images if the file of codes contains them; or,
    with --out NAME.npy, an array.
    """
    from keras_cae.cli.applying.outputs import check_pictures_or_array

    with exit_on_user_errors():
        check_pictures_or_array(options.out, (options.model, options.codes), options.overwrite)
    import_keras()
    with exit_on_user_errors():
        use_device(options.device)
    from keras_cae.cli.applying.code_reader import open_codes
    from keras_cae.cli.applying.image_writer import write_images
    from keras_cae.cli.applying.report import report, shell_quoted
    from keras_cae.cli.saved_model import load_autoencoder

    with exit_on_user_errors():
        model = load_autoencoder(options.model).autoencoder
        if not model.decodes_codes_alone:
            raise ValueError(
                f"{type(model).__name__} can't decode codes alone, because its decoder also needs feature maps of the "
                f"encoder. Apply the whole model: keras-cae reconstruct {shell_quoted(options.model)} DATA"
            )
        codes = open_codes(options.codes, options.key, model.code_shape)
        made = _decoded(options, model, codes)
        count, out = write_images(model, made, codes.names, codes.count, options.out, f"{options.codes.stem}-images")
        again = f"keras-cae encode {shell_quoted(options.model, out)}"
        said = [f"Decoded {counted(count, 'images')}: {out}", f"Next, encode them again: {again}"]
        report(options, {"codes": str(options.codes), "images": count, "out": str(out)}, said)
    return SUCCESS


def _decoded(options: DecodeOptions, model: Any, codes: Any) -> Iterator[Any]:
    from keras_cae.cli.applying.code_reader import as_codes
    from keras_cae.cli.progress import progress

    done = 0
    with progress(codes.count, "Decoding", "codes") as advance:
        for values in codes.batches(options.batch_size):
            yield model.decode(as_codes(values, model, done))
            done += len(values)
            advance(len(values))
    if not done:
        raise ValueError(f"There are no codes in {str(options.codes)!r}.")
