"""Terms in the lessons' prose lead to the glossary: on each page a term's first mention is a link.

The definition shows when the pointer rests on it. Only the copies in build/source are changed.
"""
import html
import pathlib
import re
from collections.abc import Iterable

from nbformat import NotebookNode

ENTRY = re.compile(r"(?m)^- \*\*(.+?)\*\*: (.*?)(?: \[\d\d\]\([^)]*\))*$")
# Words of every day, which are the term only where the lesson prints them in bold.
EVERYDAY = {
    "block", "budget", "head", "instruction", "last", "layer", "max", "mean", "offset", "packed",
    "parameter", "position", "rounding", "scores", "shape", "shares", "span", "spy", "unknown",
    "weights"}
# What is left as it is: code, links and pictures, the line of a folded answer, tags, headings.
KEPT = (r"```.*?```|`[^`]*`|!?\[[^\]]*\]\([^)]*\)|<summary>.*?</summary>|<[^>]+>|^#[^\n]*$"
        r"|\$[^$\n]*\$")


def entries(text: str) -> dict[str, str]:
    """The terms of the glossary: {term: its definition, without Markdown's marks}."""
    return {term: re.sub(r"[`*]", "", told) for term, told in ENTRY.findall(text)}


def anchor(term: str) -> str:
    """The name of a term's place on the glossary's page."""
    return "term-" + re.sub(r"\W+", "-", term.lower()).strip("-")


def with_anchors(text: str) -> str:
    """The glossary, each term a place that a link can lead to."""
    return ENTRY.sub(lambda found: found[0].replace(
        f"**{found[1]}**", f'**<span id="{anchor(found[1])}">{found[1]}</span>**', 1), text)


def spellings(terms: dict[str, str]) -> dict[str, str]:
    """How a lesson may write each term: {spelling in small letters: term}."""
    known = {}
    for term in terms:
        for spelling in re.split(r" \(|\)", term.lower()):
            known.setdefault(spelling.strip(), term)
    known.pop("", None)
    return known


def linked(cells: list[str], terms: dict[str, str]) -> list[str]:
    """The Markdown of a page's cells, the first mention of each term a link to the glossary."""
    known, seen = spellings(terms), set()
    words = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    pattern = re.compile(rf"(?P<kept>{KEPT})|(?<![\w-])(?P<word>{words})(?P<more>s?)(?![\w-])",
                         re.S | re.M | re.I)

    def link(found):
        term = found["word"] and known[found["word"].lower()]
        bold = found.string[:found.start()].endswith("**")
        if not term or term in seen or (term in EVERYDAY and not bold):
            return found[0]
        seen.add(term)
        return (f'<a class="term" href="../docs/glossary.html#{anchor(term)}" '
                f'title="{html.escape(terms[term])}">{found[0]}</a>')

    return [pattern.sub(link, cell) for cell in cells]


def link_terms(page: pathlib.Path, notebooks: Iterable[NotebookNode]) -> None:
    """Give the glossary in a file its anchors, and the notebooks' prose its links, in place."""
    text = page.read_text("utf-8")
    page.write_text(with_anchors(text), "utf-8")
    for notebook in notebooks:
        prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
        changed = linked([cell.source for cell in prose], entries(text))
        for cell, source in zip(prose, changed, strict=True):
            cell.source = source
