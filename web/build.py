"""The web edition: a static site in build/site from the saved notebooks, and a deck of slides for each of 00 to 07.

    python3 run.py site

Nothing is executed but what leads to an explorer (states.py). No page asks another host for anything.
"""
import concurrent.futures
import pathlib
import shutil
import sys
import tomllib

import nbformat
import slides
import states
from sphinx.application import Sphinx

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE, SITE = ROOT / "build" / "source", ROOT / "build" / "site"
REPOSITORY = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["inside-embeddings"]["repository"]
OTHERS = ("docs/glossary", "docs/teaching", "docs/speaker_notes", "docs/slides", "benchmarks/README", "CONTRIBUTING")


def settings():
    """Sphinx's settings: what would be a conf.py."""
    return {
        "project": "Inside Embeddings", "html_title": "Inside Embeddings", "author": "its contributors", "language": "en",
        "extensions": ["myst_nb"], "nb_execution_mode": "off", "nb_ipywidgets_js": {},
        "myst_heading_anchors": 3, "highlight_language": "text",
        "suppress_warnings": ["misc.highlighting_failure"],     # a shell line in a cell's Python
        "html_theme": "sphinx_book_theme", "html_favicon": str(ROOT / "web" / "icon.svg"),
        "html_static_path": [str(ROOT / "web" / "web.css")], "html_css_files": ["web.css"],
        "html_show_copyright": False, "html_use_index": False, "html_context": {"default_mode": "auto"},
        "html_theme_options": {
            "repository_url": REPOSITORY, "repository_branch": "main", "path_to_docs": "", "use_repository_button": True,
            "navbar_persistent": [], "launch_buttons": {
                "colab_url": "https://colab.research.google.com", "binderhub_url": "https://mybinder.org",
                "notebook_interface": "jupyterlab"}},
    }


def gather():
    """Lay the pages out as the repository has them, so that their links to each other hold."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(ROOT / "docs", SOURCE / "docs")
    for name in ("CONTRIBUTING.md", "CITATION.cff"):
        shutil.copy(ROOT / name, SOURCE)
    (SOURCE / "benchmarks").mkdir()
    for name in ("README.md", "throughput.png"):
        shutil.copy(ROOT / "benchmarks" / name, SOURCE / "benchmarks")
    (SOURCE / "notebooks").mkdir()
    paths, titles = sorted(ROOT.glob("notebooks/[0-9]*.ipynb")), {}
    with concurrent.futures.ThreadPoolExecutor(2) as two:
        for path, notebook in zip(paths, two.map(states.with_states, paths), strict=True):
            titles[path.stem] = slides.title(notebook)
            nbformat.write(notebook, SOURCE / "notebooks" / path.name)
    append(SOURCE / "docs" / "slides.md", slides.links(titles))
    (SOURCE / "index.md").write_text((ROOT / "README.md").read_text("utf-8"), "utf-8")
    append(SOURCE / "index.md", contents(titles))


def append(path, text):
    path.write_text(path.read_text("utf-8") + "\n" + text, "utf-8")


def contents(titles):
    """The table of contents that stands beside every page: -> Markdown. `titles`: {stem of a notebook: its title}."""
    taught = [path.stem for path in slides.taught()]
    line = "{0:.2} {1} <notebooks/{0}>".format
    parts = {"The walkthrough": [line(stem, title) for stem, title in titles.items() if stem in taught],
             "Deeper": [line(stem, title) for stem, title in titles.items() if stem not in taught],
             "To look up, to teach": OTHERS}
    return "".join("```{toctree}\n:hidden:\n:caption: " + caption + "\n\n" + "\n".join(lines).replace("`", "") + "\n```\n"
                   for caption, lines in parts.items())


def main():
    gather()
    shutil.rmtree(SITE, ignore_errors=True)
    app = Sphinx(SOURCE, None, SITE, ROOT / "build" / "doctrees", "html", settings(), status=None, freshenv=True,
                 warningiserror=True)
    app.build()
    (SITE / "slides").mkdir()
    for path in slides.taught():
        (SITE / "slides" / f"{path.stem}.html").write_text(slides.deck(path), "utf-8")
    print(f"{SITE / 'index.html'}\n{SITE / 'slides'}: a deck for each of 00 to 07")
    return app.statuscode


if __name__ == "__main__":
    sys.exit(main())
