"""The web edition: a static site in build/site from the saved notebooks, a deck for each of them.

    python3 run.py site

No notebook is executed: a page shows what its notebook saved. In the page `live` the model itself
runs (live.py). No page asks another host for anything.
"""
import pathlib
import shutil
import sys
import tomllib

import glossary
import live
import nbformat
import serve
import slides
from sphinx.application import Sphinx

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE, SITE = ROOT / "build" / "source", ROOT / "build" / "site"
PAGES = (
    "docs/models",
    "docs/glossary",
    "docs/teaching",
    "docs/speaker_notes",
    "docs/slides",
    "benchmarks/README",
    "CONTRIBUTING",
    "CHANGELOG",
)
BESIDE = ("CITATION.cff", "benchmarks/throughput.png")      # what a page links to or shows


def settings() -> dict:
    """Sphinx's settings: what would be a conf.py."""
    return {
        "project": "Inside Embeddings",
        "html_title": "Inside Embeddings",
        "author": "its contributors",
        "language": "en",
        "extensions": ["myst_nb"],
        "nb_execution_mode": "off",
        "nb_code_prompt_show": "The cell that every lesson starts with",
        "nb_code_prompt_hide": "Fold it again",
        "nb_ipywidgets_js": {},
        "myst_heading_anchors": 3,
        "highlight_language": "text",
        "suppress_warnings": ["misc.highlighting_failure"],     # a shell line in a cell's Python
        "html_theme": "sphinx_book_theme",
        "html_theme_options": theme_options(),
        "html_favicon": str(ROOT / "web" / "icon.svg"),
        "html_static_path": [str(ROOT / "web" / "web.css")],
        "html_css_files": ["web.css"],
        "html_show_copyright": False,
        "html_use_index": False,
        "html_context": {"default_mode": "auto"},
    }


def theme_options() -> dict:
    """The buttons above a page: the repository, Colab, Binder."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return {
        "repository_url": project["tool"]["inside-embeddings"]["repository"],
        "repository_branch": "main",
        "path_to_docs": "",
        "use_repository_button": True,
        "navbar_persistent": [],
        "launch_buttons": {
            "colab_url": "https://colab.research.google.com",
            "binderhub_url": "https://mybinder.org",
            "notebook_interface": "jupyterlab",
        },
    }


def gather() -> None:
    """Lay the pages out as the repository has them, so that their links to each other hold."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(ROOT / "docs", SOURCE / "docs")
    notebooks = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
    names = [f"{page}.md" for page in PAGES if not page.startswith("docs/")]
    (SOURCE / "notebooks").mkdir()
    for name in (*names, *BESIDE):
        (SOURCE / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, SOURCE / name)
    lessons = {path.stem: nbformat.read(path, as_version=4) for path in notebooks}
    titles = {stem: slides.title(lesson) for stem, lesson in lessons.items()}
    glossary.link_terms(SOURCE / "docs" / "glossary.md", lessons.values())
    for stem, lesson in lessons.items():
        setup = next(cell for cell in lesson.cells if cell.cell_type == "code")
        setup.metadata.tags = ["hide-input"]            # the same in all: folded here
        nbformat.write(lesson, SOURCE / "notebooks" / f"{stem}.ipynb")
    shutil.copy(ROOT / "README.md", SOURCE / "index.md")
    append(SOURCE / "index.md", contents(titles))
    append(SOURCE / "docs" / "slides.md", slides.links(titles))


def append(path: pathlib.Path, text: str) -> None:
    """Add lines to the end of a page."""
    path.write_text(path.read_text("utf-8") + "\n" + text, "utf-8")


def contents(titles: dict[str, str]) -> str:
    """The table of contents beside every page, as Markdown. `titles`: {notebook's stem: title}."""
    walkthrough, deeper = [], []
    for stem, question in titles.items():
        part = walkthrough if stem < "08" else deeper
        part.append(f"{stem[:2]} {question.replace('`', '')} <notebooks/{stem}>")
    return (toctree("The walkthrough", walkthrough) + toctree("Deeper", deeper)
            + toctree("To look up, to teach", PAGES))


def toctree(caption: str, lines) -> str:
    """One part of the table of contents, as Markdown."""
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *lines, "```", ""])


def main() -> int:
    """Build the site and the decks; a warning of Sphinx's is an error. -> the exit status."""
    gather()
    shutil.rmtree(SITE, ignore_errors=True)
    live.write(SITE)                                    # before Sphinx takes over the log
    app = Sphinx(SOURCE, None, SITE, ROOT / "build" / "doctrees", "html", settings(),
                 status=None, freshenv=True, warningiserror=True)
    app.build()
    live.link(SITE)
    (SITE / "slides").mkdir()
    for path in slides.taught():
        (SITE / "slides" / f"{path.stem}.html").write_text(slides.deck(path), "utf-8")
    print(f"{SITE / 'index.html'}\n{SITE / 'live'}: type a text; from a server alone (--serve)\n"
          f"{SITE / 'slides'}: a deck for each notebook")
    return app.statuscode


if __name__ == "__main__":
    status = main()
    if "--serve" in sys.argv and not status:
        serve.serve(SITE)
    sys.exit(status)
