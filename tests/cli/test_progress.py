"""The progress of a command, on a terminal and in a log."""

import io

import pytest

from keras_cae.cli import progress as module
from keras_cae.cli.progress import duration, progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that advances by a second whenever images are completed."""
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_a_log_has_plain_lines_with_an_estimate(clock, capsys):
    with progress(1000, "Encoding") as advance:
        for _ in range(100):
            clock[0] += 1
            advance(10)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Encoding: 100 of 1,000 images (10 %), about 90 s left"
    assert len(lines) == 10


def test_what_is_done_in_a_moment_leaves_no_lines(clock, capsys):
    with progress(1000) as advance:
        advance(1000)
    assert capsys.readouterr().err == ""


def test_a_terminal_has_a_bar(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(module.sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress(40, "Encoding", "signals") as advance:
        advance(40)
    assert "40/40" in terminal.getvalue()
    assert "signals" in terminal.getvalue()


@pytest.mark.parametrize(("seconds", "words"), [(4.4, "4 s"), (99, "99 s"), (150, "2 min"), (9000, "2.5 h")])
def test_times_in_words(seconds, words):
    assert duration(seconds) == words
