"""The messages quoted on the page about errors are those of the library."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
QUOTES = re.findall(r"^```text\n(.*?)\n```$", (ROOT / "docs/faq.md").read_text(), re.MULTILINE | re.DOTALL)
GAP = "\0"
"""The placeholder for the variable parts of a message."""


def texts():
    """The strings of the library, with gaps for their variable parts."""
    for path in (ROOT / "keras_cae").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                yield "".join(part.value if isinstance(part, ast.Constant) else GAP for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


TEXTS = list(texts())


def is_said(quote, text):
    """Whether a text contains the parts of a quotation in order."""
    position = 0
    for part in quote.split("…"):
        position = text.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return True


@pytest.mark.parametrize("quote", QUOTES)
def test_a_message_that_is_quoted_is_one_of_the_library(quote):
    assert any(is_said(quote, text) for text in TEXTS)


def test_there_are_quotations():
    assert len(QUOTES) > 20


def test_a_wrong_quotation_is_found():
    assert not any(is_said("The detector is not calibrated: buy a new one", text) for text in TEXTS)
