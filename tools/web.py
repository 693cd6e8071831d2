"""The web edition: a static site in build/site from the notebooks as they are saved, with a deck of slides for each of 00 to 07.

    python3 run.py site

Nothing is executed but what leads to an explorer (states.py). No page asks another host for anything.
"""
import pathlib
import shutil
import sys
import tomllib

import nbformat
from sphinx.application import Sphinx
from sphinx.util.console import nocolor

import slides
import states

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE, SITE = ROOT / "build" / "source", ROOT / "build" / "site"
WORDS = {"docs/glossary": "Glossary", "docs/teaching": "Teaching", "docs/speaker_notes": "Speaker notes",
         "slides": "Slides", "CONTRIBUTING": "Contributing"}
REPOSITORY = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["inside-embeddings"]["repository"]


def settings():
    """Sphinx's settings: what would be a conf.py."""
    return {
        "project": "Inside Embeddings", "author": "the contributors to Inside Embeddings", "language": "en",
        "extensions": ["myst_nb"], "html_theme": "sphinx_book_theme", "html_title": "Inside Embeddings",
        "html_static_path": [str(ROOT / "tools" / "web.css")], "html_css_files": ["web.css"],
        "html_show_copyright": False,
        "nb_execution_mode": "off", "nb_ipywidgets_js": {}, "myst_heading_anchors": 3,
        "html_theme_options": {
            "repository_url": REPOSITORY, "repository_branch": "main", "path_to_docs": "", "use_repository_button": True,
            "launch_buttons": {"colab_url": "https://colab.research.google.com", "binderhub_url": "https://mybinder.org",
                               "notebook_interface": "jupyterlab"}},
    }


def gather():
    """Lay the pages out as the repository has them, so that their links to each other hold."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(ROOT / "docs", SOURCE / "docs")
    for name in ("CONTRIBUTING.md", "CITATION.cff"):
        shutil.copy(ROOT / name, SOURCE)
    (SOURCE / "notebooks").mkdir()
    titles = {}
    for path in sorted(ROOT.glob("notebooks/[0-9]*.ipynb")):
        notebook = states.with_states(path)
        titles[path.stem] = notebook.cells[0].source.partition("\n")[0].removeprefix("# ")
        nbformat.write(notebook, SOURCE / "notebooks" / path.name)
    (SOURCE / "slides.md").write_text(slides.page(titles), "utf-8")
    (SOURCE / "index.md").write_text((ROOT / "README.md").read_text("utf-8") + contents(titles), "utf-8")


def contents(titles):
    """The table of contents, which the theme shows beside every page."""
    parts = {"The walkthrough": [], "Deeper": []}
    for stem, title in titles.items():
        parts["The walkthrough" if stem < "08" else "Deeper"].append(f"{stem[:2]} {title} <notebooks/{stem}>")
    parts["To look up, to teach"] = [f"{title} <{name}>" for name, title in WORDS.items()]
    return "".join("\n```{toctree}\n:hidden:\n:caption: " + caption + "\n\n" + "\n".join(lines) + "\n```\n"
                   for caption, lines in parts.items())


def main():
    nocolor()
    gather()
    shutil.rmtree(SITE, ignore_errors=True)
    app = Sphinx(SOURCE, None, SITE, ROOT / "build" / "doctrees", "html", settings(), status=None, warning=sys.stderr,
                 freshenv=True)
    app.build()
    return app.statuscode


if __name__ == "__main__":
    sys.exit(main())
