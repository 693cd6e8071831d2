"""Keep what the notebooks print on bge-m3 in helpers/data/recorded.json, and show it in them.

Saved outputs stay the embedded model's. What bge-m3 printed stands folded in one piece of prose
before each recap, so that a reader without it sees both, and no output depends on whether the file
is there.
"""
import hashlib
import json
import re
from importlib.metadata import version

import nbformat
from kernel.execute import ROOT, execute, lessons, text_of
from nbclient.exceptions import CellExecutionError

from helpers import model_dir
from helpers.models.files import weights_files
from helpers.models.find import identify

RECORDED = ROOT / "helpers" / "data" / "recorded.json"
ABOUT = ("What the notebooks' cells print on the model whose weights have this SHA-256, as text, "
         "where it holds numbers and is not what the embedded model prints. torch {torch}, "
         "transformers {transformers}. Written by: python3 run.py record")


def main():
    try:
        folder = model_dir()
        if identify(folder) != "bge-m3":
            raise SystemExit(f"The weights in {folder} are not bge-m3's, by their SHA-256: nothing "
                             "is recorded. Run: EMBED_MODEL=bge-m3 python3 run.py record")
        content = record(folder, lessons())
    except (OSError, CellExecutionError) as error:
        raise SystemExit(str(error)) from None
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    RECORDED.write_text(text, "utf-8", newline="\n")
    for path in lessons():
        show(path, content["notebooks"])
    cells = sum(map(len, content["notebooks"].values()))
    print(f"{RECORDED.name}: {cells} cells of {len(lessons())} notebooks")


def record(folder, paths):
    """What notebooks print on the model in `folder`: -> the content of recorded.json."""
    figures = {}
    for path in paths:
        print(path.name, flush=True)
        figures[path.stem] = differing(nbformat.read(path, as_version=4), execute(path, folder))
    with open(weights_files(folder)[0], "rb") as weights:
        sha256 = hashlib.file_digest(weights, "sha256").hexdigest()
    versions = {name: version(name) for name in ("torch", "transformers")}
    return {"about": ABOUT.format(**versions), "model": identify(folder), "sha256": sha256,
            "notebooks": figures}


def differing(saved, done):
    """The compared cells in which a run printed other numbers than saved: -> {cell id: text}."""
    texts = {cell.id: text_of(cell) for cell in done.cells if cell.cell_type == "code"}
    return {cell.id: texts[cell.id] for cell in saved.cells if cell.cell_type == "code"
            and "nbval-ignore-output" not in cell.metadata.get("tags", [])
            and re.search(r"\d", texts[cell.id]) and texts[cell.id] != text_of(cell)}


def show(path, figures):
    """Put a notebook's recorded figures before its recap, in place of those there; or none."""
    notebook = nbformat.read(path, as_version=4)
    number = path.name[:2]
    notebook.cells = [cell for cell in notebook.cells if cell.id != f"{number}-recorded"]
    parts = [f"Cell {cell.execution_count}:\n\n```text\n{figures[path.stem][cell.id]}\n```"
             for cell in notebook.cells if cell.id in figures.get(path.stem, {})]
    if parts:
        starts = [cell.source.startswith("## Recap") for cell in notebook.cells]
        notebook.cells.insert(starts.index(True), folded(parts, f"{number}-recorded"))
    path.write_text(nbformat.writes(notebook, indent=1) + "\n", "utf-8", newline="\n")


def folded(parts, name):
    """The cell that holds what was recorded."""
    summary = "What these cells print where bge-m3 is the model"
    return nbformat.v4.new_markdown_cell(
        f"## On bge-m3\n\n<details><summary>{summary}</summary>\n\n"
        + "\n\n".join(parts) + "\n\n</details>", id=name)


if __name__ == "__main__":
    main()
