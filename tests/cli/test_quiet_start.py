"""Import of Keras without log messages."""

import os
import subprocess
import sys

import pytest

from keras_cae.cli.quiet_start import _buffered_stderr, import_keras


def test_nothing_is_said_at_the_start():
    code = "from keras_cae.cli.quiet_start import import_keras; import_keras()\nimport keras; keras.ops.ones(3) + 1"
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert result.stderr == ""


def test_a_log_level_of_ones_own_is_kept(monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "1")
    import_keras()
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "1"


def test_what_was_held_back_is_shown_when_the_import_fails(capfd):
    def fail():
        os.write(2, b"the reason")
        raise ImportError

    with _buffered_stderr():
        os.write(2, b"chatter")
    assert capfd.readouterr().err == ""
    with pytest.raises(ImportError), _buffered_stderr():
        fail()
    os.write(2, b" and stderr works again")
    assert capfd.readouterr().err == "the reason and stderr works again"
