"""Lines that are never wider than the terminal."""

import os
import sys

import pytest

from keras_cae.cli.live_line import LiveLine, Part, join_parts, truncate
from keras_cae.wording import counted

PARTS = [
    Part("Epoch 3/20"),
    Part("loss 0.01234"),
    Part("val_loss 0.02345", 2),
    Part("psnr 18.20", 3),
    Part("9 s left", 1),
]


@pytest.fixture
def terminal(monkeypatch):
    """Make stdout a terminal with a given width."""

    def make(columns):
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(sys.stdout, "fileno", lambda: 1, raising=False)
        monkeypatch.setattr(os, "get_terminal_size", lambda number: os.terminal_size((columns, 40)))

    return make


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (None, "Epoch 3/20  loss 0.01234  val_loss 0.02345  psnr 18.20  9 s left"),
        (64, "Epoch 3/20  loss 0.01234  val_loss 0.02345  psnr 18.20  9 s left"),
        (63, "Epoch 3/20  loss 0.01234  val_loss 0.02345  9 s left"),
        (50, "Epoch 3/20  loss 0.01234  9 s left"),
        (30, "Epoch 3/20  loss 0.01234"),
        (10, "Epoch 3/20"),
    ],
)
def test_what_has_no_room_is_left_out(width, line):
    assert join_parts(PARTS, width) == line


@pytest.mark.parametrize(("width", "length"), [(46, 10), (50, 14), (120, 30), (45, 19)])
def test_a_bar_takes_the_rest(width, length):
    line = join_parts(PARTS[:2] + PARTS[4:], width, 0.5)
    assert line.count("━") == round(length / 2)
    assert line.count("━") + line.count("─") == length
    assert len(line) <= width
    assert ("9 s left" in line) == (width > 45)


def test_there_may_be_no_room_for_a_bar():
    assert join_parts(PARTS[:1], 21, 0.5) == "Epoch 3/20"


def test_a_terminal_without_such_characters(monkeypatch):
    class Output:
        encoding = "ascii"

    monkeypatch.setattr(sys, "stdout", Output())
    assert join_parts(PARTS[:1], 22, 0.5) == "Epoch 3/20  #####....."


def test_the_line_of_a_terminal_is_written_anew_and_cut(terminal, capsys):
    terminal(20)
    line = LiveLine()
    line.show("a" * 30)
    line.keep("b" * 30)
    assert capsys.readouterr().out == f"\r{'a' * 18}…\x1b[K\r{'b' * 18}…\x1b[K\n"


def test_a_log_has_whole_lines_that_stay(capsys):
    line = LiveLine()
    line.show("passing")
    line.clear()
    line.keep("b" * 300)
    assert capsys.readouterr().out == "b" * 300 + "\n"


def test_a_terminal_that_can_not_write_a_line_anew(terminal, monkeypatch, capsys):
    terminal(20)
    monkeypatch.setenv("TERM", "dumb")
    line = LiveLine()
    line.show("passing")
    line.keep("b" * 30)
    assert capsys.readouterr().out == f"{'b' * 18}…\n"


def test_texts_are_cut():
    assert [truncate("abcdef", width) for width in (None, 6, 5)] == ["abcdef", "abcdef", "abcd…"]


@pytest.mark.parametrize(("count", "words"), [(0, "0 images"), (1, "1 image"), (2000, "2,000 images")])
def test_numbers_of_things(count, words):
    assert counted(count, "images") == words
