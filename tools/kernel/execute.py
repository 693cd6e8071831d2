"""Run a notebook on a model of choice, saving nothing, and read what it printed."""
import html
import os
import pathlib
import re

import nbformat
from nbclient import NotebookClient

ROOT = pathlib.Path(__file__).resolve().parents[2]
STAY = ("11", "12")         # what they train and time is the embedded model's, whatever is chosen


def lessons():
    """The notebooks that run on any model: -> list of paths."""
    paths = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
    return [path for path in paths if path.name[:2] not in STAY]


def execute(path, folder, first=None, last=None, timeout=1800):
    """Run a notebook on the model in `folder`, saving nothing: -> the notebook with its outputs.

    `first`, `last`: code for a cell in front and one at the end.
    Raises CellExecutionError for a cell that fails.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [*_cells(first), *notebook.cells, *_cells(last)]
    client = NotebookClient(notebook, timeout=timeout, kernel_name="python3", record_timing=False,
                            resources={"metadata": {"path": str(path.parent)}},
                            extra_arguments=["--log-level=40"])
    return client.execute(env={**os.environ, "EMBED_MODEL": str(folder), "HF_HUB_OFFLINE": "1"})


def _cells(source):
    return [nbformat.v4.new_code_cell(source)] if source else []


def text_of(cell):
    """What a cell's outputs say: a table becomes lines, its columns apart by ` | `; no pictures."""
    parts = []
    for output in cell.outputs:
        data = output.get("data", {})
        page = data.get("text/html", "")
        parts += _rows(page)
        plain = "" if page else data.get("text/plain", "")
        parts.append(output.get("text", "").rstrip() or plain)
    return "\n".join(part for part in parts if part.strip())


def _rows(page):
    """The rows of a page's tables, as lines."""
    for row in re.findall(r"<tr>(.*?)</tr>", page, re.S):
        entries = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        yield " | ".join(html.unescape(re.sub(r"<[^>]+>", "", entry)) for entry in entries)
