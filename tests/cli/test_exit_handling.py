"""Exit codes: errors, stop signals, and closed output pipes."""

import contextlib
import copy
import os
import signal
import subprocess
import sys

import pytest
import typer

from keras_cae.cli.exit_handling import BROKEN_PIPE, STOP_SIGNALS, Stopped, exit_on_user_errors, exit_without_traceback
from keras_cae.cli.tuning.search_stop import SearchStop

EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.fixture(autouse=True)
def _signals_are_not_ignored():
    previous = {number: signal.signal(number, signal.SIG_DFL) for number in STOP_SIGNALS}
    yield
    for number, handler in previous.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_stop_signals_end_the_program_with_their_exit_code(number, capsys):
    with pytest.raises(typer.Exit) as stopped, exit_without_traceback():
        os.kill(os.getpid(), number)
    assert stopped.value.exit_code == EXIT_CODES[number]
    assert capsys.readouterr().err == "Stopped.\n"
    assert signal.getsignal(number) is signal.SIG_DFL


def test_ignored_signals_stay_ignored():
    """Ignored signals, as under nohup, remain ignored."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with exit_without_traceback():
        os.kill(os.getpid(), signal.SIGHUP)


def test_output_that_nobody_reads_ends_the_program_silently():
    code = (
        "import sys, typer\n"
        "from keras_cae.cli.exit_handling import exit_without_traceback, exit_on_user_errors\n"
        "try:\n"
        "    with exit_without_traceback(), exit_on_user_errors(): print('a line', flush=True)\n"
        "except typer.Exit as ending: sys.exit(ending.exit_code)"
    )
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run([sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert result.returncode == BROKEN_PIPE
    assert result.stderr == ""


def test_errors_of_the_library_are_one_message(capsys):
    with pytest.raises(typer.Exit) as ended, exit_on_user_errors():
        raise ValueError("filters must be positive.")
    assert ended.value.exit_code == 2
    assert capsys.readouterr().err == "Error: filters must be positive.\n"


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_search_stops_after_the_batch_in_all_copies_of_its_callback(number):
    with SearchStop() as stop:
        twin = copy.deepcopy([stop])[0]
        twin.on_train_batch_end(0)
        os.kill(os.getpid(), number)
        for hook in (twin.on_train_batch_end, twin.on_test_batch_end):
            with pytest.raises(Stopped) as stopped:
                hook(1)
            assert stopped.value.signal_number == number
        with pytest.raises(Stopped):
            stop.raise_if_received()
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_second_signal_stops_a_search_at_once():
    with SearchStop(), contextlib.ExitStack() as stack:
        os.kill(os.getpid(), signal.SIGTERM)
        stack.enter_context(pytest.raises(Stopped))
        os.kill(os.getpid(), signal.SIGTERM)
