"""Notebooks on bge-m3's architecture (and on the model in EMBED_MODEL): every second, from 00."""
import nbformat
import pytest
from kernel.execute import execute
from lessons import asserts, check_lesson, half, identities
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook, new_output

LAST_FOR_CLS = """
from helpers import pooling

def cls_pool(hidden, mask):
    return hidden[:, -1].float()

pooling.cls_pool = pooling.POOLINGS["cls"] = cls_pool
"""

REBUILD = """
from langchain_huggingface import HuggingFaceEmbeddings
from transformers import AutoModel, AutoTokenizer
from helpers import model_dir, normalize, pooling, same

features = AutoTokenizer.from_pretrained(model_dir())("hello world!", return_tensors="pt")
hidden = AutoModel.from_pretrained(model_dir())(**features).last_hidden_state
vector = normalize(pooling.POOLINGS["cls"](hidden, features["attention_mask"]))[0]
black_box = HuggingFaceEmbeddings(model_name=model_dir(), model_kwargs={"device": "cpu"})
same(vector, black_box.embed_query("hello world!"), 1e-6)
"""


def written(path, source, *outputs):
    """A notebook of one cell."""
    nbformat.write(new_notebook(cells=[new_code_cell(source, outputs=list(outputs))]), path)
    return path


@half(0)
def test_a_notebook_holds_on_another_model(path, model, request):
    check_lesson(path, request.getfixturevalue(model))


def test_a_wrong_pooling_makes_a_notebook_fail(tiny_bge, tmp_path):
    """What 07 does, in one cell: right as it stands, not with another pooling under its name."""
    rebuild = written(tmp_path / "00_test.ipynb", REBUILD)
    execute(rebuild, tiny_bge)
    with pytest.raises(CellExecutionError) as caught:
        execute(rebuild, tiny_bge, LAST_FOR_CLS)
    assert caught.value.ename == "AssertionError" and "max |Δ|" in caught.value.evalue


def test_what_is_counted():
    first = new_output("stream", text="cls  same: a\nsame: b\n")
    second = new_output("stream", text="Exercise 1 waits for you.\n")
    notebook = new_notebook(cells=[
        new_code_cell("%time x = 1\nassert x\nif x:\n    assert x == 1", outputs=[first]),
        new_code_cell("assert y", outputs=[second])])
    assert identities(notebook) == 2 and asserts(notebook) == {"assert x", "assert x == 1"}


def test_a_notebook_that_says_less_is_refused(tiny_bge, tmp_path):
    """The counting itself: identities that are asserted on the embedded model only are missed."""
    source = ("from helpers import model_dir, same\n"
              "if model_dir('all-MiniLM-L6-v2') == model_dir():\n    same(1, 1, 0)")
    said = new_output("stream", text="same: identical over 1 numbers, shape ()\n")
    path = written(tmp_path / "00_test.ipynb", source, said)
    with pytest.raises(AssertionError, match=r"0 of 0 \+ 1"):
        check_lesson(path, tiny_bge)


def test_a_notebook_that_writes_to_stderr_is_refused(tiny_bge, tmp_path):
    path = written(tmp_path / "00_test.ipynb", "import sys\nprint(1, file=sys.stderr)")
    with pytest.raises(AssertionError, match="file=sys.stderr"):
        check_lesson(path, tiny_bge)
