"""Folders of one's own: three on which CI executes 00 to 07, and three on which a release does."""
import architectures
import nbformat
import torch
from kernel.execute import execute, lessons, text_of
from lessons import SHARE, identities
from nbformat.v4 import new_code_cell, new_notebook
from transformers import AutoModel

PROMPT = {"prompts": {"query": "query: "}, "default_prompt_name": "query"}
DENSE = ({"size": 32, "out": 24}, "Normalize")
IN_CI = {       # name -> architecture, option files
    "bert, prompt, Dense": ("bert", {"model": PROMPT, "after": DENSE}),
    "qwen3, 16 bits": ("qwen3", {"dtype": torch.bfloat16}),
    "t5": ("t5", {}),           # without a position table; AutoModel would load its decoder too
}
IN_A_RELEASE = {
    "distilbert, truncate_dim": ("distilbert", {"model": {"truncate_dim": 8}}),
    "mpnet, another pooling": ("mpnet", {"pooling": {"pooling_mode": "weightedmean"}}),
    "modernbert, no limit": ("modernbert", {"transformer": {"do_lower_case": False}}),
}
LEFT_OUT = {"distilbert, truncate_dim": "truncate_dim = 8", "qwen3, 16 bits": "dtype = 'bfloat16'",
            "mpnet, another pooling": "'Pooling'",
            "bert, prompt, Dense": "prompt = 'query: ', modules = "}


def merged(folder):
    """00 to 07 as one notebook, so that the libraries are loaded once: -> (path, saved lessons)."""
    saved = [nbformat.read(path, as_version=4) for path in lessons()[:8]]
    assert len(saved) == 8
    path, cells = folder / "lessons.ipynb", []
    for lesson in saved:
        cells += [new_code_cell("%reset -f"), *lesson.cells]
    nbformat.write(new_notebook(cells=cells), path)
    return path, saved


def folder_of(tmp_path, name):
    kind, files = {**IN_CI, **IN_A_RELEASE}[name]
    files = {"transformer": {"max_seq_length": 256}, **files}
    dtype = files.pop("dtype", None)
    folder = architectures.build(tmp_path / "model", kind, **files)
    if dtype:
        AutoModel.from_pretrained(folder).to(dtype).save_pretrained(folder)
    return folder


def check_first_eight(tmp_path, name):
    """00 to 07 run on that folder, their identities hold, and what is left out is said."""
    path, saved = merged(tmp_path)
    done = execute(path, folder_of(tmp_path, name))
    wanted = sum(map(identities, saved))
    assert wanted > 40 and identities(done) >= SHARE * wanted
    said = "\n".join(text_of(cell) for cell in done.cells if cell.cell_type == "code")
    assert ("Left out in these lessons" in said) == (name in LEFT_OUT)
    assert LEFT_OUT.get(name, "") in said
