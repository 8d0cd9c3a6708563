"""The report at the end of training."""

import pytest

from keras_cae.cli.comparison import Quality
from keras_cae.cli.report import report_baseline

GOOD, BAD = Quality(0.01, 20.0, 0.9), Quality(0.02, 17.0, 0.7)


@pytest.mark.parametrize(
    ("best_epoch", "remedy"),
    [(10, "It was still improving: train it for longer, with --epochs 30."), (3, "keras-cae tune")],
)
def test_a_model_that_is_worse_than_pca(capsys, best_epoch, remedy):
    report_baseline({"BasicCAE": BAD, "PCA, 4 components": GOOD, "noisy images": BAD}, best_epoch, 10)
    printed = capsys.readouterr().out
    assert "BasicCAE is worse than PCA, a linear model: 17.00 dB versus 20.00 dB." in printed
    assert remedy in printed


def test_a_model_that_is_better_needs_no_words(capsys):
    report_baseline({"BasicCAE": GOOD, "PCA, 4 components": BAD}, 10, 10)
    assert capsys.readouterr().out == ""
