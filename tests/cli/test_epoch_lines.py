"""A line for each epoch."""

import re

import pytest

from keras_cae.cli.training import epoch_lines
from keras_cae.cli.training.epoch_lines import EpochLines


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(epoch_lines.time, "monotonic", lambda: now[0])
    return now


class Line:
    """Records the output."""

    def __init__(self, width, live=True):
        self.width, self.live = width, live
        self.shown, self.kept, self.cleared = [], [], 0

    def show(self, text):
        self.shown.append(text)

    def keep(self, text):
        self.kept.append(text)

    def clear(self):
        self.cleared += 1


def trained(clock, line, epochs=range(3), steps=4):
    """A training run whose first epoch takes 14 seconds and the others 4."""
    lines = EpochLines()
    lines._line = line
    lines.set_params({"epochs": 3, "steps": steps})
    lines.on_train_begin()
    for epoch in epochs:
        lines.on_epoch_begin(epoch)
        clock[0] += 10 if epoch == epochs[0] else 0
        for batch in range(4):
            clock[0] += 1
            lines.on_train_batch_end(batch, {"loss": 0.5 - batch / 10, "psnr": 10.0})
        lines.on_epoch_end(epoch, {"loss": 0.2, "psnr": 11.0, "val_loss": 0.25, "val_psnr": 12.0})
    return line


def test_a_log_has_a_line_for_each_epoch(clock):
    line = trained(clock, Line(None, live=False))
    assert line.kept == [
        "Epoch 1/3  loss 0.2000  val_loss 0.2500  psnr 11.00  val_psnr 12.00  14.0 s  28 s left",
        "Epoch 2/3  loss 0.2000  val_loss 0.2500  psnr 11.00  val_psnr 12.00  4.0 s  4 s left",
        "Epoch 3/3  loss 0.2000  val_loss 0.2500  psnr 11.00  val_psnr 12.00  4.0 s",
    ]
    assert not line.shown


def test_a_terminal_shows_the_epoch_that_goes_on(clock):
    line = trained(clock, Line(119))
    assert len(line.kept) == 3
    assert line.shown[0] == f"Epoch 1/3  {'━' * 8}{'─' * 22}  loss 0.5000  psnr 10.00  121 s left".replace(
        "121 s", "2 min"
    )
    assert (
        line.shown[6]
        == f"Epoch 2/3  {'━' * 22}{'─' * 8}  loss 0.3000  val_loss 0.2500  psnr 10.00  val_psnr 12.00  5 s left"
    )


@pytest.mark.parametrize("width", [20, 40, 59, 79, 99])
def test_no_line_is_wider_than_the_terminal(width, clock):
    line = trained(clock, Line(width))
    assert max(map(len, line.shown + line.kept)) <= width
    assert all(re.match(r"Epoch \d/3", text) for text in line.shown + line.kept)


def test_without_a_known_number_of_batches(clock):
    line = trained(clock, Line(99), steps=None)
    assert line.shown[2] == "Epoch 1/3  batch 3  loss 0.3000  psnr 10.00"


def test_a_training_that_goes_on_estimates_from_what_it_has_done(clock):
    line = trained(clock, Line(None, live=False), epochs=(1, 2))
    assert line.kept[0].startswith("Epoch 2/3")
    assert line.kept[0].endswith("14.0 s  14 s left")


def test_a_loss_that_is_no_number_leaves_the_line_to_keras(clock):
    lines = EpochLines()
    lines._line = line = Line(79)
    lines.set_params({"epochs": 3, "steps": 4})
    lines.on_train_begin()
    lines.on_epoch_begin(0)
    lines.on_train_batch_end(0, {"loss": float("nan")})
    assert line.cleared == 1
    assert not line.shown
