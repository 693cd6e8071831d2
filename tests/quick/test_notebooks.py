"""What every notebook must be, read from the files: no kernel runs here, nbval runs the cells."""
import ast
import inspect
import pathlib
import re
import textwrap
import tomllib

import nbformat
import pytest
from conftest import LIMITS_MB, limit_mb

from helpers import pooling, proof
from helpers.encoder import bge_m3, encoder, forward, langchain

ROOT = pathlib.Path(__file__).parents[2]
LESSONS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
NOTEBOOKS = [*LESSONS, *sorted(ROOT.glob("notebooks/solutions/[0-9]*.ipynb"))]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
REPOSITORY = PROJECT["tool"]["inside-embeddings"]["repository"]

EXPLORER = "a widget's identity differs in every run; the cells before it show what it shows"

SECONDS = "seconds of this machine; what does not depend on them is asserted in the cell"

TRAINED = ("rounding grows in training, so its figures differ between processors; "
           "the findings below leave room")

# Cells whose output is not compared: notebook -> first words of the cell, and the reason.
NOT_COMPARED = {
    "00_start_here.ipynb": {
        "import psutil": "a line of the reader's own machine"},
    "01_black_box.ipynb": {"show.live(search_box": EXPLORER},
    "02_tokenizer.ipynb": {"show.live(lattice": EXPLORER},
    "04_masking.ipynb": {
        "show.live(": EXPLORER,
        "half = AutoModel.from_pretrained(folder":
            "bf16 rounds otherwise on other processors; its finding leaves room"},
    "05_pooling.ipynb": {'def similarities(questions_pooled_by="mean"': EXPLORER},
    "07_rebuild.ipynb": {"def search(query):": EXPLORER},
    "08_inside_the_encoder.ipynb": {"show.live(follow": EXPLORER},
    "10_three_vectors.ipynb": {
        "from sentence_transformers import util":
            "sentence-transformers before 6.0 (Colab) has no maxsim; the equality is asserted"},
    "11_where_meaning_comes_from.ipynb": {
        "def train(model": TRAINED,
        "from helpers import bootstrap_interval": TRAINED,
        'changes = {name: bootstrap_interval(found_now - others["untouched"])': TRAINED,
        "templates": TRAINED,
        'my_words = [{"word": "smervo"': TRAINED,
        "ends = {name: np.array([run(*plan": TRAINED},
    "12_fast.ipynb": {
        "from functools import partial": SECONDS,
        "shapes = [(1":
            "two measured costs, and what they predict of measured seconds",
        "import numpy as np": SECONDS,
        "bits": SECONDS,
        "from helpers import bootstrap_interval":
            "8 and 16 bits round otherwise on other processors; its finding leaves room",
        'fast = {"LangChain": black_box.embed_documents': SECONDS,
        'use = {"one at a time": "a text comes alone"':
            "hours of this machine; the padding is compared in the curves",
        "lines = []": "8 bits round otherwise on other processors; its finding leaves room"},
}
LONGEST_CELL = 12           # lines that are not blank; a class may be longer, tagged whole-class
LONGEST_CLASS = 40
WIDEST_LINE = 88            # wider scrolls sideways on the web edition and in Colab
COMPARED_SHARE = 0.7


def name_of(path):
    return str(path.relative_to(ROOT / "notebooks").with_suffix(""))


each = pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def prose(path):
    return "\n\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")


def texts(cell):
    """Everything that a cell's saved outputs say, pictures aside."""
    parts = [out.get("text", "") or "\n".join(str(v) for v in out.get("data", {}).values())
             for out in cell.outputs]
    return re.sub(r'src="data:[^"]*"', "", "\n".join(parts))


def tags(cell):
    return cell.metadata.get("tags", [])


def test_the_sequence_is_complete():
    names = [path.name for path in LESSONS]
    assert [name[:2] for name in names] == [f"{i:02d}" for i in range(len(names))]
    assert len(names) >= 8


@each
def test_every_cell_was_run_once_in_order(path):
    assert [cell.execution_count for cell in code(path)] == list(range(1, len(code(path)) + 1))


@each
def test_saved_outputs_are_clean(path):
    for cell in code(path):
        for out in cell.outputs:
            assert out.get("name") != "stderr", cell.source
            assert out.output_type != "error" or "nbval-raises-exception" in tags(cell), cell.source
            kinds = out.get("data", {})
            assert not any("widget-view" in kind or "svg" in kind for kind in kinds), cell.source
            assert "<Figure size" not in texts(cell), "end a drawing cell with show.figure"
        assert "execution" not in cell.metadata, "timing metadata"


@each
def test_no_path_of_anyones_machine(path):
    for cell in read(path).cells:
        seen = cell.source + (texts(cell) if cell.cell_type == "code" else "")
        assert not re.search(r"(/home/|/root/|/Users/|/tmp/|/work/|[A-Z]:\\\\)", seen), cell.source


@each
def test_cells_are_short(path):
    for cell in code(path):
        longest = LONGEST_CLASS if "whole-class" in tags(cell) else LONGEST_CELL
        assert sum(bool(line.strip()) for line in cell.source.splitlines()) <= longest, cell.source
        assert not cell.source.strip().endswith(";") and not re.search(r"\b(Out|In)\[", cell.source)
        assert max(map(len, cell.source.splitlines())) <= WIDEST_LINE, cell.source


@each
def test_only_the_listed_cells_are_not_compared(path):
    listed = NOT_COMPARED.get(path.name, {}) if path in LESSONS else {}
    ignored = [cell.source.splitlines()[0] for cell in code(path)
               if "nbval-ignore-output" in tags(cell)]
    assert [first.partition(",")[0] for first in ignored] == list(listed)
    marked = [cell for cell in code(path)
              if re.search(r"^\s*#\s*(NBVAL|PYTEST_VALIDATE)", cell.source, re.M)]
    assert not marked, "use tags"


@each
def test_most_cells_have_compared_text(path):
    cells = code(path)
    compared = [cell for cell in cells
                if texts(cell).strip() and "nbval-ignore-output" not in tags(cell)]
    others = [cell for cell in cells if not is_definition(cell.source)]
    assert len(compared) >= COMPARED_SHARE * len(others), f"{len(compared)} of {len(cells)}"


def is_definition(source):
    """Does a cell only import, define functions, or name constants?"""
    if source.lstrip().startswith("%") or "\n    %" in source:
        return False
    return all(defines(node) for node in ast.parse(source).body)


def defines(node):
    """Does a statement import, define a function or class, or name constants?"""
    if isinstance(node, ast.Assign):
        return all(t.id.isupper() for t in node.targets if isinstance(t, ast.Name))
    return isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)


@each
def test_every_picture_has_alt_text(path):
    pictures = 0
    for cell in code(path):
        for out in cell.outputs:
            data = out.get("data", {})
            assert "image/png" not in data, f"show.figure gives alt text: {cell.source}"
            for tag in re.findall(r"<img[^>]*>", data.get("text/html", "")):
                pictures += 1
                assert len(re.search(r'alt="([^"]*)"', tag)[1]) > 40, tag[:200]
    assert not re.search(r"!\[\]\(", prose(path)), "a picture in prose without alt text"
    assert pictures or path not in LESSONS, "every lesson has a picture"


@each
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)]+)\)", prose(path)):
        if not target.startswith(("http://", "https://", "#")):
            assert (path.parent / target.partition("#")[0]).exists(), target


@each_lesson
def test_launch_buttons_name_this_notebook_in_this_repository(path):
    owner = REPOSITORY.removeprefix("https://github.com/")
    first, place = read(path).cells[0].source, f"notebooks/{path.name}"
    assert f"https://colab.research.google.com/github/{owner}/blob/main/{place}" in first
    assert f"https://mybinder.org/v2/gh/{owner}/main?urlpath=lab/tree/{place}" in first


def test_the_setup_cell_is_the_same_everywhere():
    setups = {code(path)[0].source for path in NOTEBOOKS}
    assert len(setups) == 1
    assert f'REPOSITORY = "{REPOSITORY}"\n' in setups.pop()


@each_lesson
def test_the_parts_of_a_lesson(path):
    words = prose(path)
    assert re.match(r"!\[[^\n]+\n\n# [^\n]+\?\n", words), "a strip, and a title that is a question"
    assert len(re.findall(r"^# ", words, re.M)) == 1 and not re.search(r"^#### ", words, re.M)
    for part in ("**You will be able to**", "**Time**", "**Memory**", "**Before this**",
                 "**Not here**", "**Predict first", "## What goes wrong", "## Exercises",
                 "## Recap", "**Questions**"):
        assert part in words, part
    assert re.search(r"^\*\*1\.\*\*.*^\*\*2\.\*\*", words, re.M | re.S), "two exercises"
    questions = words.partition("**Questions**")[2]
    assert questions.count("<summary>") == 5 and "shape" in questions
    assert words.count("<details>") == words.count("</details>") == words.count("</summary>")
    assert path.stem >= "08" or "## Your own texts" in words, "an open task"
    first_two = path.stem in ("00_start_here", "01_black_box")
    assert first_two or words.count("<summary>") >= 2 + 5 + 2
    assert "**Next:**" in words or path == LESSONS[-1]
    avoided = re.search(r"\b(simply|just|obviously|of course)\b", words, re.I)
    assert not avoided, "a word that the voice avoids"


@each_lesson
def test_a_lesson_says_the_memory_that_it_is_held_to(path):
    """The limit that conftest.py enforces on its kernel while nbval runs it."""
    assert f"**Memory** under {limit_mb(path.name) / 1000:.1f} GB" in prose(path)
    assert set(LIMITS_MB) <= {lesson.name for lesson in LESSONS}


@each_lesson
def test_a_lesson_ends_in_a_proof(path):
    assert any("same(" in cell.source and "same:" in texts(cell) for cell in code(path))
    unsaid = [cell.source for cell in code(path)
              if re.search(r"\.allclose\(|assert torch\.equal", cell.source)]
    assert not unsaid, "say it with same()"


INTRODUCED = {
    ("05_pooling", pooling): ["cls_pool", "mean_pool", "max_pool", "last_pool"],
    ("05_pooling", proof): ["bootstrap_interval"],
    ("06_normalization", pooling): ["normalize"],
    ("07_rebuild", langchain): ["EncoderEmbeddings"],
    ("10_three_vectors", bge_m3): ["dropped_ids", "lexical_weights", "lexical_score",
                                   "token_vectors", "late_interaction", "mix_scores"],
    ("12_fast", forward): ["find_spans", "attend", "run_layers", "pool_packed", "fill_up"],
    ("12_fast", encoder): ["batches"],
}
READ = [pytest.param(stem, module, name, id=f"{stem}-{name}")
        for (stem, module), names in INTRODUCED.items() for name in names]


@pytest.mark.parametrize("stem, module, name", READ)
def test_helpers_run_the_code_that_the_learner_read(stem, module, name):
    """Syntax trees equal; docstrings, types and leading checks that only raise aside."""
    cells = [ast.parse(cell.source) for cell in code(ROOT / "notebooks" / f"{stem}.ipynb")
             if f" {name}(" in cell.source]
    lesson = next(node for tree in cells for node in tree.body if getattr(node, "name", "") == name)
    helper = ast.parse(textwrap.dedent(inspect.getsource(getattr(module, name)))).body[0]
    assert ast.dump(bare(lesson)) == ast.dump(bare(helper))


def bare(node):
    """A definition without docstrings, checks that only raise, and types."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef):
            inner.returns = None
        if isinstance(inner, ast.arg):
            inner.annotation = None
        if isinstance(inner, ast.FunctionDef | ast.ClassDef):
            while inner.body and is_docstring_or_check(inner.body[0]):
                inner.body.pop(0)
    return node


def is_docstring_or_check(statement):
    if not isinstance(statement, ast.Expr):
        return False
    called = getattr(getattr(statement.value, "func", None), "id", "")
    return isinstance(statement.value, ast.Constant) or called.startswith("check_")
