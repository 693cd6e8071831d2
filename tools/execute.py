"""Run a notebook on a model of choice, saving nothing, and read what it printed."""
import html
import os
import pathlib
import re

import nbformat
from nbclient import NotebookClient

ROOT = pathlib.Path(__file__).resolve().parent.parent
STAY = ("11", "12")         # the embedded model's own: what they train and time does not follow EMBED_MODEL


def lessons():
    """The notebooks that run on any model: -> list of paths."""
    return [path for path in sorted(ROOT.glob("notebooks/[0-9]*.ipynb")) if path.name[:2] not in STAY]


def execute(path, folder, first=None, last=None, timeout=1800, until=None):
    """Run a notebook on the model in `folder`, saving nothing: -> the notebook with its outputs.

    `first`, `last`: code for a cell in front and one at the end. `until`: how many cells to run, None for all of them.
    Raises CellExecutionError for a cell that fails.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [*_cells(first), *notebook.cells[:until], *_cells(last)]
    client = NotebookClient(notebook, timeout=timeout, kernel_name="python3", record_timing=False,
                            resources={"metadata": {"path": str(path.parent)}}, extra_arguments=["--log-level=40"])
    return client.execute(env={**os.environ, "EMBED_MODEL": str(folder), "HF_HUB_OFFLINE": "1"})


def _cells(source):
    return [nbformat.v4.new_code_cell(source)] if source else []


def text_of(cell):
    """What a cell's outputs say, as text: a table becomes lines, its columns apart by ` | `; pictures are left out."""
    parts = []
    for output in cell.outputs:
        page = output.get("data", {}).get("text/html", "")
        rows = re.findall(r"<tr>(.*?)</tr>", page, re.S)
        parts += [" | ".join(html.unescape(re.sub(r"<[^>]+>", "", entry)) for entry in re.findall(
            r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)) for row in rows]
        parts.append(output.get("text", "").rstrip() or ("" if page else output.get("data", {}).get("text/plain", "")))
    return "\n".join(part for part in parts if part.strip())
