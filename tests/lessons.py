"""Notebooks on another model than the one of their saved outputs: run top to bottom, and how much of them was asserted.

What counts as asserted: a line `same: ...` in an output, and an `assert` statement. Not counted, on either side: what
is published for one model (`as published for ...`), findings, and cells in which an exercise waits.
"""
import ast
import os

import nbformat
import pytest
from execute import execute, lessons, text_of
from IPython.core.inputtransformer2 import TransformerManager

MODELS = ["tiny_bge", *(["chosen_model"] if os.environ.get("CHOSEN_MODEL") else [])]       # names of fixtures
SHARE = 0.8
BROWSER = "02", "04", "05", "07", "08"      # have an explorer: executed in the browser too

WATCH = """
import ast
_asserted = set()

class _Watch(ast.NodeTransformer):
    def visit_Assert(self, node):
        return [node, ast.parse(f"_asserted.add({ast.unparse(node)!r})").body[0]]

get_ipython().ast_transformers.append(_Watch())
"""


def half(start):
    """Every second notebook, on every model: two test files, so that two workers share them."""
    paths = pytest.mark.parametrize("path", lessons()[start::2], ids=lambda path: path.stem)
    models = pytest.mark.parametrize("model", MODELS)
    return lambda test: paths(models(test))


def check_lesson(path, folder):
    """Run a notebook on the model in `folder`: no cell fails or writes to stderr, most of its claims are asserted."""
    done = execute(path, folder, WATCH, "print(repr(_asserted))")
    code = [cell for cell in done.cells if cell.cell_type == "code"]
    for cell in code:
        assert not [out.text for out in cell.outputs if out.get("name") == "stderr"], cell.source
    ran = ast.literal_eval(text_of(code.pop()))
    saved = nbformat.read(path, as_version=4)
    statements, lines = asserts(saved), identities(saved)
    found = len(statements & ran) + identities(done)
    assert found >= SHARE * (len(statements) + lines), f"{found} of {len(statements)} + {lines}: {statements - ran}"


def identities(notebook):
    """How many lines of a notebook's outputs say that two results are the same."""
    return sum("same: " in line and not line.startswith("as published") for cell in notebook.cells
               if cell.cell_type == "code" for line in text_of(cell).splitlines())


def asserts(notebook):
    """The `assert` statements of a notebook whose saved outputs are there: they ran on the embedded model."""
    found, plain = set(), TransformerManager()
    for cell in notebook.cells:
        if cell.cell_type == "code" and "waits for you" not in text_of(cell):
            tree = ast.parse(plain.transform_cell(cell.source))
            found |= {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Assert)}
    return found
