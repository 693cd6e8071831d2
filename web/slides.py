"""Decks of slides: one HTML file per notebook of the walkthrough, from its own cells, that needs nothing beside it.

What is a slide says each cell's slide metadata; what to say on it, docs/speaker_notes.md.
"""
import importlib.util
import pathlib
import re

import nbformat
from nbconvert import SlidesExporter

ROOT = pathlib.Path(__file__).resolve().parent.parent
REVEAL = pathlib.Path(importlib.util.find_spec("sphinx_revealjs").origin).parent / "_static" / "revealjs"
FILES = {"css": "dist/reveal.css", "js": "dist/reveal.js", "notes": "plugin/notes/notes.js"}
COLOURS = "a11y-high-contrast-light"                # of code, as on the site's pages


def taught():
    """The notebooks that have slides: -> list of paths."""
    return sorted(ROOT.glob("notebooks/0[0-7]_*.ipynb"))


def title(notebook):
    """The question that is a notebook's H1."""
    return notebook.cells[0].source.partition("\n")[0].removeprefix("# ")


def notes(stem):
    """What docs/speaker_notes.md says on a notebook: -> {heading of the section: note}."""
    text = (ROOT / "docs" / "speaker_notes.md").read_text("utf-8")
    part = re.search(rf"(?ms)^## {stem}\n(.*?)(?=^## |\Z)", text)[1]
    return dict(re.findall(r"(?ms)^### (.*?)\n(.*?)(?=^### |\Z)", part))


def with_notes(notebook, said):
    """The notebook's cells, cut where a section begins, with the section's note on each of its slides."""
    section, cells = "Opening", []
    for cell in (part for whole in notebook.cells for part in cut(whole)):
        heading = re.match(r"## (.*)", cell.source) if cell.cell_type == "markdown" else None
        section = heading[1] if heading else section
        cells.append(cell)
        if kind(cell) in ("slide", "subslide"):
            cells.append(prose(said[section], "notes"))
    return cells


def cut(cell):
    """A cell of prose in which a section begins becomes two: the section starts a slide."""
    parts = re.split(r"(?m)^(?=## )", cell.source, maxsplit=1) if cell.cell_type == "markdown" else [cell.source]
    if len(parts) == 1 or not parts[0].strip():
        return [cell]
    return [prose(parts[0], kind(cell)), prose(parts[1], "slide")]


def kind(cell):
    """Where a cell stands: "slide" for a section's first, "subslide", "fragment", "skip", or "-" for on the same slide."""
    return cell.metadata.get("slideshow", {}).get("slide_type", "-")


def prose(source, slide_type):
    return nbformat.v4.new_markdown_cell(source, metadata={"slideshow": {"slide_type": slide_type}})


def links(titles):
    """The lines that lead from docs/slides.md to the decks: -> Markdown. `titles`: {stem of a notebook: its title}."""
    return "".join(f'- <a href="../slides/{path.stem}.html">{path.stem[:2]} {titles[path.stem]}</a>\n' for path in taught())


def deck(path):
    """One notebook's deck: -> HTML."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = with_notes(notebook, notes(path.stem))
    notebook.metadata.title = title(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":        # to the decks beside it; to what has none, only in words
            cell.source = re.sub(r"\]\((0[0-7]_\w+)\.ipynb\)", r"](\1.html)", cell.source)
            cell.source = re.sub(r"\[([^]]+)\]\((?!http)[^)]*\.ipynb\)", r"\1", cell.source)
    exporter = SlidesExporter(template_file=str(ROOT / "web" / "deck.html.j2"), exclude_input_prompt=True,
                              exclude_output_prompt=True, exclude_anchor_links=True,
                              config={"CSSHTMLHeaderPreprocessor": {"style": COLOURS}})
    exporter.environment.globals["reveal"] = {name: (REVEAL / file).read_text("utf-8") for name, file in FILES.items()}
    return exporter.from_notebook_node(notebook)[0]
