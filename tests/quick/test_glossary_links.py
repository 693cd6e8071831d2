"""web/glossary.py: the first mention of a term leads to the glossary; nothing else is changed."""
import pathlib
import re

import nbformat
import pytest
from glossary import EVERYDAY, anchor, entries, link_terms, linked, with_anchors

ROOT = pathlib.Path(__file__).parents[2]
TEXT = ("# Glossary\n\n- **attention mask**: A table of `1` and 0. [02](a.ipynb)\n"
        "- **bf16 (bfloat16)**: Half. [04](b.ipynb)\n- **max**: A pooling. [05](c.ipynb)\n")
TERMS = entries(TEXT)


def targets(*cells):
    """The terms' anchors that the cells' links lead to, in their order."""
    return re.findall(r'href="[^"]*#([^"]*)"', "\n".join(linked(cells, TERMS)))


def test_entries_are_read_without_marks_and_links():
    assert TERMS == {"attention mask": "A table of 1 and 0.", "bf16 (bfloat16)": "Half.",
                     "max": "A pooling."}


def test_the_first_mention_is_a_link_that_shows_the_definition():
    (cell,) = linked(["Two attention masks, one attention mask."], TERMS)
    assert cell == ('Two <a class="term" href="../docs/glossary.html#term-attention-mask" '
                    'title="A table of 1 and 0.">attention masks</a>, one attention mask.')
    assert targets("The attention mask.", "An attention mask.") == ["term-attention-mask"]


@pytest.mark.parametrize("text", [
    "`attention mask`", "```\nattention mask\n```", "# The attention mask", "an attention masking",
    "[attention mask](x.md)", "![attention mask](x.png)", "self-attention mask-like",
    "<summary>The attention mask?</summary>", '<a title="attention mask">x</a>', "the max of two"])
def test_what_is_left_as_it_is(text):
    assert linked([text], TERMS) == [text]


def test_a_word_of_every_day_is_a_term_where_it_is_bold():
    assert "max" in EVERYDAY and targets("The max, then **max**.") == ["term-max"]


@pytest.mark.parametrize("word", ["bf16", "bfloat16", "BF16"])
def test_each_spelling_leads_to_the_term(word):
    assert targets(f"In {word}.") == ["term-bf16-bfloat16"]


def test_the_glossary_gets_a_place_for_each_term(tmp_path):
    page = tmp_path / "glossary.md"
    page.write_text(TEXT, "utf-8")
    notebook = nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_markdown_cell("In bf16."), nbformat.v4.new_code_cell("# in bf16")])
    link_terms(page, [notebook])
    assert page.read_text("utf-8").count("<span id=") == 3
    assert "term-bf16" in notebook.cells[0].source and notebook.cells[1].source == "# in bf16"


def test_every_term_of_the_glossary_has_its_own_place():
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    terms, page = entries(text), with_anchors(text)
    assert len(terms) == text.count("\n- **") > 80
    assert len({anchor(term) for term in terms}) == len(terms)
    assert all(f'id="{anchor(term)}"' in page for term in terms)
    assert EVERYDAY <= terms.keys()
