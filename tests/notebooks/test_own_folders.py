"""00 to 07 on folders of one's own; what a deeper lesson cannot open, it says in its first cell."""
import architectures
import nbformat
import pytest
import torch
from kernel.execute import execute, lessons, text_of
from lessons import SHARE, identities
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook
from transformers import AutoModel

PROMPT = {"prompts": {"query": "query: "}, "default_prompt_name": "query"}
DENSE = ({"size": 32, "out": 24}, "Normalize")
FOLDERS = {     # name -> architecture, option files
    "distilbert, truncate_dim": ("distilbert", {"model": {"truncate_dim": 8}}),
    "mpnet, another pooling": ("mpnet", {"pooling": {"pooling_mode": "weightedmean"}}),
    "bert, prompt, Dense": ("bert", {"model": PROMPT, "after": DENSE}),
    "qwen3, 16 bits": ("qwen3", {"dtype": torch.bfloat16}),
    "modernbert, no limit": ("modernbert", {"transformer": {"do_lower_case": False}}),
    "t5": ("t5", {}),           # without a position table; AutoModel would load its decoder too
}
LEFT_OUT = {"distilbert, truncate_dim": "truncate_dim = 8", "qwen3, 16 bits": "dtype = 'bfloat16'",
            "mpnet, another pooling": "'Pooling'",
            "bert, prompt, Dense": "prompt = 'query: ', modules = "}


@pytest.fixture(scope="module")
def merged(tmp_path_factory):
    """00 to 07 as one notebook, so that the libraries are loaded once: -> (path, saved lessons)."""
    saved = [nbformat.read(path, as_version=4) for path in lessons()[:8]]
    assert len(saved) == 8
    path, cells = tmp_path_factory.mktemp("lessons") / "lessons.ipynb", []
    for lesson in saved:
        cells += [new_code_cell("%reset -f"), *lesson.cells]
    nbformat.write(new_notebook(cells=cells), path)
    return path, saved


def folder_of(tmp_path, name):
    kind, files = FOLDERS[name]
    files = {"transformer": {"max_seq_length": 256}, **files}
    dtype = files.pop("dtype", None)
    folder = architectures.build(tmp_path / "model", kind, **files)
    if dtype:
        AutoModel.from_pretrained(folder).to(dtype).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("name", FOLDERS)
def test_the_first_eight_lessons_hold(merged, tmp_path, name):
    path, saved = merged
    done = execute(path, folder_of(tmp_path, name))
    wanted = sum(map(identities, saved))
    assert wanted > 40 and identities(done) >= SHARE * wanted
    said = "\n".join(text_of(cell) for cell in done.cells if cell.cell_type == "code")
    assert ("Left out in these lessons" in said) == (name in LEFT_OUT)
    assert LEFT_OUT.get(name, "") in said


@pytest.mark.parametrize("lesson", [path for path in lessons() if path.name[:2] in ("08", "09")],
                         ids=lambda path: path.stem)
def test_a_deeper_lesson_says_in_its_first_cells_why_it_stops(tmp_path, lesson):
    with pytest.raises(CellExecutionError) as caught:
        execute(lesson, folder_of(tmp_path, "qwen3, 16 bits"))
    assert caught.value.ename == "SystemExit" and "qwen3" in caught.value.evalue
    assert "Traceback" not in caught.value.evalue
