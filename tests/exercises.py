"""Where exercises, their solutions and their wrong answers are, for two test files."""
import importlib
import pathlib
import re

import nbformat

from helpers import check

ROOT = pathlib.Path(__file__).parents[1]
LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
SEEDS = (0, 1, 2)
SLOW = ("capstone",)                        # each of its inputs is a model that is made and loaded
CALL = re.compile(r"check\.(\w+)\((.*)\)\s*$")


def exercises(path):
    """The exercise cells of a lesson or of its solutions: {cell id: cell}."""
    cells = nbformat.read(path, as_version=4).cells
    return {cell.id: cell for cell in cells if re.search(r"-ex\d$", cell.id)}


def solutions(path):
    """The notebook that solves a lesson's exercises."""
    return path.parent / "solutions" / path.name


def wrong(name):
    """tests/wrong/<file> of an exercise: WRONG, and perhaps WIDE, inputs beyond the check's."""
    return importlib.import_module(f"wrong.{check._FILE[name]}")


def name_wrong_answers(name, seeds=SEEDS):
    """Assert that each wrong answer of an exercise is called the mistake that it is."""
    given = wrong(name).WRONG[name]
    assert len(given) >= 3
    for seed in seeds:
        for answer, words in given:
            verdict = getattr(check, name).judge(answer, seed)
            assert verdict.kind == "mistake" and words in verdict.text, f"{words}: {verdict.text}"
