"""Which suite executes which lesson; and a lesson on another model than that of its outputs.

What counts as asserted: a line `same: ...` in an output, and an `assert` statement. Not counted, on
either side: findings, and cells in which an exercise waits.
"""
import ast
import os

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from kernel.execute import execute, lessons, text_of

# In CI nbval re-executes every notebook once and compares. Beyond that, the browser works through
# these lessons as a class does (they have an explorer), and tests/notebooks runs the others on a
# small random model: none is executed a third time. tests/release has it the other way round.
BROWSER = "01", "02", "04", "05", "07", "08"
SHARE = 0.8

WATCH = """
import ast
_asserted = set()

class _Watch(ast.NodeTransformer):
    def visit_Assert(self, node):
        return [node, ast.parse(f"_asserted.add({ast.unparse(node)!r})").body[0]]

get_ipython().ast_transformers.append(_Watch())
"""


def on_small_model(release=False):
    """The lessons that tests/notebooks, or tests/release, runs on a small random model."""
    return [path for path in lessons() if (path.name[:2] in BROWSER) is release]


def half(start):
    """Every second lesson, on the small model and the chosen one: two files, for two workers."""
    pairs = [(path, "tiny_bge") for path in on_small_model()]
    if os.environ.get("CHOSEN_MODEL"):
        pairs += [(path, "chosen_model") for path in lessons()]
    ids = [f"{path.stem}-{model}" for path, model in pairs]
    return pytest.mark.parametrize("path, model", pairs[start::2], ids=ids[start::2])


def check_lesson(path, folder):
    """Run a notebook on the model in `folder`: no cell fails, most of its claims are asserted."""
    done = execute(path, folder, WATCH, "print(repr(_asserted))")
    code = [cell for cell in done.cells if cell.cell_type == "code"]
    for cell in code:
        assert not [out.text for out in cell.outputs if out.get("name") == "stderr"], cell.source
    ran = ast.literal_eval(text_of(code.pop()))
    saved = nbformat.read(path, as_version=4)
    statements, lines = asserts(saved), identities(saved)
    found = len(statements & ran) + identities(done)
    wanted = f"{len(statements)} + {lines}"
    assert found >= SHARE * (len(statements) + lines), f"{found} of {wanted}: {statements - ran}"


def identities(notebook):
    """How many lines of a notebook's outputs say that two results are the same."""
    lines = [line for cell in notebook.cells if cell.cell_type == "code"
             for line in text_of(cell).splitlines()]
    return sum("same: " in line for line in lines)


def asserts(notebook):
    """The `assert` statements of a notebook whose outputs are saved: they ran on that model."""
    found, plain = set(), TransformerManager()
    for cell in notebook.cells:
        if cell.cell_type == "code" and "waits for you" not in text_of(cell):
            tree = ast.parse(plain.transform_cell(cell.source))
            found |= {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Assert)}
    return found
