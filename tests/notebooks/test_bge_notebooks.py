"""Every notebook on bge-m3's architecture (and on the model in EMBED_MODEL, if there is one): the even half."""
import nbformat
import pytest
from execute import execute, lessons
from lessons import asserts, check_lesson, half, identities
from nbclient.exceptions import CellExecutionError

LAST_FOR_CLS = """
from helpers import pooling

def cls_pool(hidden, mask):
    return hidden[:, -1].float()

pooling.cls_pool = pooling.POOLINGS["cls"] = cls_pool
"""


@half(0)
def test_a_notebook_holds_on_another_model(path, model, request):
    check_lesson(path, request.getfixturevalue(model))


def test_a_wrong_pooling_makes_a_notebook_fail(tiny_bge):
    rebuild = next(path for path in lessons() if path.stem == "07_rebuild")
    with pytest.raises(CellExecutionError) as caught:
        execute(rebuild, tiny_bge, LAST_FOR_CLS)
    assert caught.value.ename == "AssertionError" and "max |Δ|" in caught.value.evalue


def test_what_is_counted():
    cell = nbformat.v4.new_code_cell
    output = nbformat.v4.new_output
    notebook = nbformat.v4.new_notebook(cells=[
        cell("%time x = 1\nassert x\nif x:\n    assert x == 1", outputs=[output("stream", text="cls  same: a\nsame: b\n")]),
        cell("assert y", outputs=[output("stream", text="as published for bge-m3, same: c\nExercise 1 waits for you.\n")])])
    assert identities(notebook) == 2 and asserts(notebook) == {"assert x", "assert x == 1"}


def test_a_notebook_that_says_less_is_refused(tiny_bge, tmp_path):
    """The counting itself: identities that are asserted on the embedded model only are missed."""
    source = "from helpers import model_dir, same\nif model_dir('all-MiniLM-L6-v2') == model_dir():\n    same(1, 1, 0)"
    same = nbformat.v4.new_output("stream", text="same: identical over 1 numbers, shape ()\n")
    path = tmp_path / "00_test.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, outputs=[same])]), path)
    with pytest.raises(AssertionError, match=r"0 of 0 \+ 1"):
        check_lesson(path, tiny_bge)


def test_a_notebook_that_writes_to_stderr_is_refused(tiny_bge, tmp_path):
    path = tmp_path / "00_test.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import sys\nprint(1, file=sys.stderr)")]), path)
    with pytest.raises(AssertionError, match="file=sys.stderr"):
        check_lesson(path, tiny_bge)
