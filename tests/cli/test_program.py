"""The program as a whole: fast responses, and missing dependencies."""

import os
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

import keras_cae
from keras_cae.cli import main


def run(code, **kwargs):
    """Run Python code in a new interpreter."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, **kwargs)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--help"], "train"),
        (["train", "--help"], "--latent-dim"),
        (["tune", "--help"], "--workers"),
        (["score", "--help"], "--threshold"),
        (["encode", "--help"], "--image-size"),
        (["--version"], f"keras-cae {keras_cae.__version__}\n"),
    ],
)
def test_help_and_version_need_no_tensorflow(arguments, expected):
    code = (
        "import sys; from keras_cae.cli import main\n"
        f"sys.argv = ['keras-cae', *{arguments}]\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "heavy = {'tensorflow', 'keras', 'sklearn', 'tensorboard', 'keras_tuner'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    result = run(code)
    assert result.returncode == 0, result.stderr
    assert expected in result.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [("keras-cae e", ["encode", "evaluate", "export"]), ("keras-cae encode --resize ", ["stretch", "crop", "pad"])],
)
def test_the_shell_completes_commands_and_values(words, expected):
    completing = {"_KERAS_CAE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    code = "import sys; from keras_cae.cli import main; sys.argv = ['keras-cae']; main()"
    result = run(code, env={**os.environ, **completing})
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == expected


def test_without_typer_one_line_says_how_to_get_it():
    code = "import sys; sys.modules['typer'] = None; from keras_cae.cli import main; main()"
    result = run(code)
    assert result.returncode == 2
    assert "pip install typer" in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_program_is_installed():
    (program,) = entry_points(group="console_scripts", name="keras-cae")
    assert program.load() is main
