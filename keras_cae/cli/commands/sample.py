"""`keras-cae sample`."""

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
class SampleOptions:
    """The options of `keras-cae sample`."""

    model: option.ModelFile
    n: option.SampleCount = 16
    seed: option.SampleSeed = 0
    image_size: option.MadeSize = None
    batch_size: option.AppliedBatchSize = 32
    out: option.ImagesOut = None
    device: Device = None
    json: AsJSON = False
    overwrite: option.Overwrite = False


def sample(options: SampleOptions) -> int:
    """Generate images with a model that has a prior.

    Such a model is trained by keras-cae train --model variational, for instance. The images equal those of
    model.sample(N, seed). With the same seed, a larger N adds images to the same first ones.
    """
    from keras_cae.cli.applying.outputs import check_pictures_or_array

    with exit_on_user_errors():
        check_pictures_or_array(options.out, (options.model,), options.overwrite)
    import_keras()
    with exit_on_user_errors():
        use_device(options.device)
    from keras_cae.cli.applying.image_writer import write_images
    from keras_cae.cli.applying.images import size_for
    from keras_cae.cli.applying.pictures import numbers
    from keras_cae.cli.applying.report import report, shell_quoted
    from keras_cae.cli.saved_model import load_autoencoder

    with exit_on_user_errors():
        saved = load_autoencoder(options.model)
        model = saved.autoencoder
        codes = model.draw_codes(options.n, options.seed, image_size=size_for(saved, options.image_size))
        what = f"{type(model).__name__}-samples"
        names = numbers(options.n, "sample-")
        count, out = write_images(model, _made(options, model, codes), names, options.n, options.out, what)
        more = f"keras-cae sample {shell_quoted(options.model)} {options.n} --seed {options.seed + 1}"
        said = [f"Generated {counted(count, 'images')}: {out}", f"Next, generate other images: {more}"]
        report(options, {"images": count, "seed": options.seed, "out": str(out)}, said)
    return SUCCESS


def _made(options: SampleOptions, model: Any, codes: Any) -> Iterator[Any]:
    from keras_cae.cli.progress import progress

    with progress(options.n, "Generating") as advance:
        for start in range(0, options.n, options.batch_size):
            images = model.decode(codes[start : start + options.batch_size])
            yield images
            advance(len(images))
