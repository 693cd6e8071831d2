"""notebooks/pictures: small files that draw what a lesson computed, and compute nothing."""
import importlib
import inspect
import json
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]
LONGEST = 80                            # lines for the pictures of one lesson
NO_LESSON = "__init__", "paper"
FILES = sorted(path for path in (ROOT / "notebooks" / "pictures").glob("*.py")
               if path.stem not in NO_LESSON)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_lessons_pictures_are_few_lines_and_know_no_model(path):
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= LONGEST
    modules = set(re.findall(r"(?m)^ *(?:from|import) (\w+)", source))
    assert modules <= {"matplotlib", "numpy", "pictures", "textwrap"}
    assert "$" not in source, "mathtext looks for fonts, and writes to stderr where one is missing"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_picture_is_drawn_by_its_lesson_and_says_what_it_takes(path):
    lesson, = ROOT.glob(f"notebooks/[0-9][0-9]_{path.stem}.ipynb")
    cells = json.loads(lesson.read_text("utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    assert f"from pictures import {path.stem} as draw\n" in code
    module = importlib.import_module(f"pictures.{path.stem}")
    drawn = {name: thing for name, thing in vars(module).items()
             if inspect.isfunction(thing) and thing.__module__ == module.__name__
             and not name.startswith("_")}
    assert drawn and module.__doc__
    for name, function in drawn.items():
        assert f"draw.{name}(" in code, f"{name} is drawn in no lesson"
        assert function.__doc__, name
        assert function.__annotations__["return"].__name__ == "Figure", name
        assert set(inspect.signature(function).parameters) < set(function.__annotations__), name
