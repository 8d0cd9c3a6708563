"""`keras-cae info`."""

from dataclasses import dataclass

from keras_cae.cli import model_options as option
from keras_cae.cli.exit_handling import SUCCESS, exit_on_user_errors
from keras_cae.cli.messages import say
from keras_cae.cli.options import AsJSON
from keras_cae.cli.quiet_start import import_keras


@dataclass(frozen=True, kw_only=True)
class InfoOptions:
    """The options of `keras-cae info`."""

    model: option.ModelFile
    json: AsJSON = False


def info(options: InfoOptions) -> int:
    """Show the class, the inputs, the codes and the capabilities of a saved model, and suggest commands."""
    import_keras()
    import json

    from keras_cae.cli.applying.description import describe, description_lines
    from keras_cae.cli.saved_model import load_autoencoder

    with exit_on_user_errors():
        about = describe(load_autoencoder(options.model), options.model)
        if options.json:
            say(json.dumps(about))
        else:
            for line in description_lines(about):
                say(line)
    return SUCCESS
