"""The gallery shows every example with a picture, a description and the command that runs it."""

import re
from pathlib import Path

import pytest
from checks import check_table

pytestmark = pytest.mark.tables
DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = {path.name for path in (DOCS / "examples").iterdir() if path.suffix in (".py", ".ipynb")}
SECTIONS = (DOCS / "gallery.md").read_text().split("\n## ")[1:]


def example_of(section):
    return re.search(r"<examples/([^>]+)>", section).group(1)


def test_every_example_has_a_section():
    check_table(EXAMPLES, set(map(example_of, SECTIONS)), "the sections of docs/gallery.md")


@pytest.mark.parametrize("section", SECTIONS, ids=example_of)
def test_a_section_shows_how_to_run_the_example_and_what_it_makes(section):
    (picture,) = re.findall(r"^!\[.+\]\((images/.+)\)$", section, re.MULTILINE)
    assert (DOCS / picture).is_file()
    (commands,) = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert commands.endswith(f" docs/examples/{example_of(section)}\n")
    description = section.partition("!")[0]
    assert description.count(". ") + description.count(".\n") >= 2
