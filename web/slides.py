"""Decks of slides: one HTML file per notebook that needs nothing beside it.

What is a slide says each cell's slide metadata; what to say on it, docs/speaker_notes.md.
"""
import base64
import importlib.util
import pathlib
import re

import nbformat
from nbconvert import SlidesExporter
from nbformat import NotebookNode

ROOT = pathlib.Path(__file__).resolve().parent.parent
REVEAL_FILES = {"css": "dist/reveal.css", "js": "dist/reveal.js", "notes": "plugin/notes/notes.js"}
COLOURS = "a11y-high-contrast-light"                # of code, as on the site's pages
STATE = r'<div class="jp-RenderedHTMLCommon'            # how each state of an explorer begins


def taught() -> list[pathlib.Path]:
    """The notebooks, all of which have slides."""
    return sorted(ROOT.glob("notebooks/[0-9][0-9]_*.ipynb"))


def title(notebook: NotebookNode) -> str:
    """The question that is a notebook's H1."""
    return re.search(r"(?m)^# (.*)", notebook.cells[0].source)[1]


def notes(stem: str) -> dict[str, str]:
    """What docs/speaker_notes.md says on a notebook: {heading of the section: note}."""
    text = (ROOT / "docs" / "speaker_notes.md").read_text("utf-8")
    part = re.search(rf"(?ms)^## {stem}\n(.*?)(?=^## |\Z)", text)[1]
    return dict(re.findall(r"(?ms)^### (.*?)\n(.*?)(?=^### |\Z)", part))


def with_notes(notebook: NotebookNode, said: dict[str, str]) -> list[NotebookNode]:
    """The notebook's cells, cut where a section begins, with the section's note on each slide."""
    section, cells = "Opening", []
    for cell in (part for whole in notebook.cells for part in cut(whole)):
        heading = re.match(r"## (.*)", cell.source) if cell.cell_type == "markdown" else None
        section = heading[1] if heading else section
        cells.append(cell)
        if kind(cell) in ("slide", "subslide"):
            cells.append(prose(said[section], "notes"))
    return cells


def cut(cell: NotebookNode) -> list[NotebookNode]:
    """A cell of prose in which a section begins becomes two: the section starts a slide."""
    if cell.cell_type != "markdown":
        return [cell]
    before, *section = re.split(r"(?m)^(?=## )", cell.source, maxsplit=1)
    if not section or not before.strip():
        return [cell]
    return [prose(before, kind(cell)), prose(section[0], "slide")]


def kind(cell: NotebookNode) -> str:
    """Where a cell stands: "slide" (a section's first), "subslide", "fragment", "skip", or "-"."""
    return cell.metadata.get("slideshow", {}).get("slide_type", "-")


def prose(source: str, slide_type: str) -> NotebookNode:
    """A new cell of prose for a deck."""
    metadata = {"slideshow": {"slide_type": slide_type}}
    return nbformat.v4.new_markdown_cell(source, metadata=metadata)


def first_state(cell: NotebookNode) -> None:
    """Leave of an explorer's saved states the first: a slide has room for one."""
    for output in cell.outputs:
        page = output.data["text/html"]
        starts = [state.start() for state in re.finditer(STATE, page)]
        output.data["text/html"] = page[:starts[1]] if len(starts) > 1 else page


def hold_strip(cell: NotebookNode, folder: pathlib.Path) -> None:
    """Put the picture that a cell of prose links to, seen from `folder`, into the cell."""
    for link in re.findall(r"\]\(([^)]*\.png)\)", cell.source):
        data = base64.b64encode((folder / link).read_bytes()).decode()
        cell.attachments = {"strip.png": {"image/png": data}}
        cell.source = cell.source.replace(link, "attachment:strip.png")


def with_links_to_decks(source: str) -> str:
    """Markdown whose links lead to the decks beside it; to what has no deck, only in words."""
    source = re.sub(r"\]\((\d\d_\w+)\.ipynb\)", r"](\1.html)", source)
    return re.sub(r"\[([^]]+)\]\((?!http)[^)]*\.ipynb\)", r"\1", source)


def links(titles: dict[str, str]) -> str:
    """The lines of docs/slides.md that lead to the decks. `titles`: {notebook's stem: title}."""
    line = '- <a href="../slides/{stem}.html">{number} {title}</a>\n'
    return "".join(line.format(stem=path.stem, number=path.stem[:2], title=titles[path.stem])
                   for path in taught())


def deck(path: pathlib.Path) -> str:
    """One notebook's deck, as HTML."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = with_notes(notebook, notes(path.stem))
    notebook.metadata.title = title(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            hold_strip(cell, path.parent)
            cell.source = with_links_to_decks(cell.source)
        elif "<img " in str(cell.outputs):      # a picture stands without the code that draws it
            cell.metadata.transient = {"remove_source": True}
        if cell.id.endswith("-explorer"):
            first_state(cell)
    return exporter().from_notebook_node(notebook)[0]


def exporter() -> SlidesExporter:
    """What turns a notebook into a deck: nbconvert's, with our template and reveal.js inside."""
    made = SlidesExporter(
        template_file=str(ROOT / "web" / "deck.html.j2"),
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        config={"CSSHTMLHeaderPreprocessor": {"style": COLOURS}},
    )
    package = pathlib.Path(importlib.util.find_spec("sphinx_revealjs").origin).parent
    made.environment.globals["reveal"] = {
        name: (package / "_static" / "revealjs" / file).read_text("utf-8")
        for name, file in REVEAL_FILES.items()}
    return made
