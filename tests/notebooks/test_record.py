"""run.py record: what it keeps, how notebooks show it, and that it calls no other model bge-m3."""
import hashlib
import json
import shutil

import nbformat
import pytest
import record
from kernel.execute import lessons, text_of
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.models.find import identities

HTML = "<IPython.core.display.HTML object>"
ABOUT_THE_MODEL = """
from helpers.models.files import read_json
from helpers import model_dir, show
D = read_json(f'{model_dir()}/config.json')['hidden_size']
"""
TABLE = "<table>\n<tr><th></th><th>D</th></tr>\n<tr><td>&lt;s&gt;</td><td>384</td></tr>\n</table>"


@pytest.fixture
def lesson(tmp_path):
    """With the embedded model's outputs: one differs by model, one does not, one is a sample."""
    table = new_output("display_data", {"text/html": TABLE, "text/plain": HTML})
    not_compared = {"tags": ["nbval-ignore-output"]}
    path = tmp_path / "05_test.ipynb"
    nbformat.write(new_notebook(cells=[
        new_code_cell(ABOUT_THE_MODEL, id="05-001", execution_count=1),
        new_code_cell("print('D =', D)", id="05-002", execution_count=2,
                      outputs=[new_output("stream", text="D = 384\n")]),
        new_code_cell("show.table([['<s>', D]], ['', 'D'])", id="05-003", execution_count=3,
                      outputs=[table]),
        new_code_cell("print(1 + 1)", id="05-004", execution_count=4,
                      outputs=[new_output("stream", text="2\n")]),
        new_code_cell("print(0.5)", id="05-005", execution_count=5, metadata=not_compared),
        new_code_cell("print('of', type(D))", id="05-006", execution_count=6),
        new_markdown_cell("## Recap\n\nThat was it.", id="05-007")]), path)
    return path


def test_figures_that_differ_are_kept_and_shown(lesson, tiny_bge, tmp_path, monkeypatch, capsys):
    """The small model stands in for bge-m3: its name is taken for granted, not its digest."""
    monkeypatch.setattr(record, "identify", lambda folder: "bge-m3")
    monkeypatch.setattr(record, "lessons", lambda: [lesson])
    monkeypatch.setattr(record, "RECORDED", tmp_path / "recorded.json")
    monkeypatch.setenv("EMBED_MODEL", str(tiny_bge))
    record.main()
    content = json.loads((tmp_path / "recorded.json").read_text("utf-8"))
    digest = hashlib.sha256((tiny_bge / "pytorch_model.bin").read_bytes()).hexdigest()
    assert content["notebooks"] == {"05_test": {"05-002": "D = 64", "05-003": " | D\n<s> | 64"}}
    assert content["model"] == "bge-m3" and content["sha256"] == digest
    assert "torch 2." in content["about"]
    assert "D = 64" in nbformat.read(lesson, as_version=4).cells[-2].source
    assert "2 cells of 1 notebooks" in capsys.readouterr().out


def test_notebooks_show_what_was_recorded_before_the_recap(lesson):
    before = lesson.read_bytes()
    figures = {"05_test": {"05-002": "D = 1024", "05-003": " | D\n<s> | 1024"}}
    record.show(lesson, figures)
    once = lesson.read_bytes()
    record.show(lesson, figures)
    assert lesson.read_bytes() == once != before
    cells = nbformat.read(lesson, as_version=4).cells
    assert [cell.id for cell in cells[-2:]] == ["05-recorded", "05-007"]
    assert "Cell 2:\n\n```text\nD = 1024\n```\n\nCell 3:" in cells[-2].source
    record.show(lesson, {})
    assert nbformat.read(lesson, as_version=4) == nbformat.reads(before, as_version=4)


@pytest.mark.parametrize("model", ["bge-m3", "embedded"])
def test_no_other_model_is_called_bge_m3(model, tiny_bge, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("EMBED_MODEL", raising=False)
    if model == "bge-m3":                                       # the name of a folder says nothing
        shutil.copytree(tiny_bge, tmp_path / "bge-m3")
        monkeypatch.setenv("EMBED_MODEL", str(tmp_path / "bge-m3"))
    monkeypatch.setattr(record, "RECORDED", tmp_path / "recorded.json")
    monkeypatch.setattr(record, "execute", None)                # no notebook is run
    with pytest.raises(SystemExit, match="are not bge-m3's, by their SHA-256"):
        record.main()
    assert capsys.readouterr().out == "" and not record.RECORDED.exists()


def test_the_notebooks_show_what_the_file_holds(tmp_path):
    """Whether there is a file or not; and one that is there is the real model's."""
    figures = {}
    if record.RECORDED.exists():
        content = json.loads(record.RECORDED.read_text("utf-8"))
        assert content["model"] == "bge-m3"
        assert content["sha256"] == identities()["bge-m3"]["files"]["pytorch_model.bin"][1]
        figures = content["notebooks"]
    for path in lessons():
        copy = tmp_path / path.name
        copy.write_bytes(path.read_bytes())
        record.show(copy, figures)
        same = nbformat.read(copy, as_version=4).cells == nbformat.read(path, as_version=4).cells
        assert same, f"{path.name} shows something else: EMBED_MODEL=bge-m3 python3 run.py record"


def test_tables_become_lines():
    table = ("<table>\n<tr><th>a</th><th>b &amp; c</th></tr>\n"
             "<tbody>\n<tr><td>1</td><td>2</td></tr>\n</tbody></table>")
    shown = [new_output("display_data", {"text/html": page, "text/plain": HTML})
             for page in (table, '<img alt="x" src="data:,">')]
    cell = new_code_cell("", outputs=[new_output("stream", text="x\n"), *shown])
    assert text_of(cell) == "x\na | b & c\n1 | 2"
