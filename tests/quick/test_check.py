"""Exercises: every solution passes, wrong answers are named, and nothing that differs from a solution passes."""
import ast
import contextlib
import importlib
import io
import pathlib
import re
import sys

import nbformat
import pytest
from mutants import mutants

from helpers import check
from helpers.check.compare import alike
from helpers.check.judge import Example, Function, outcome

ROOT = pathlib.Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
SEEDS = (0, 1, 2)
CALL = re.compile(r"check\.(\w+)\((.*)\)\s*$")
each = pytest.mark.parametrize("name", check.__all__)


def exercises(path):
    """The exercise cells of a lesson or of its solutions: {cell id: source}."""
    cells = nbformat.read(path, as_version=4).cells
    return {cell.id: cell for cell in cells if re.search(r"-ex\d$", cell.id)}


def solutions(path):
    return path.parent / "solutions" / path.name


def wrong(name):
    """The module tests/wrong/<file> of an exercise: WRONG, and perhaps WIDE, inputs beyond those of the check."""
    return importlib.import_module(f"wrong.{check._FILE[name]}")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_has_two_exercises_and_their_solutions(path):
    asked, solved = exercises(path), exercises(solutions(path))
    assert {f"{path.name[:2]}-ex1", f"{path.name[:2]}-ex2"} <= set(asked) == set(solved)
    for key, cell in asked.items():
        name = CALL.search(cell.source)[1]
        assert cell.outputs[0].text.startswith("waits for you: ") and len(cell.outputs) == 1, cell.source
        assert CALL.search(solved[key].source)[1] == name
        assert ("\n" + solved[key].outputs[-1].text).endswith(f"\nright. {getattr(check, name).remember}\n")


def test_every_exercise_stands_in_one_lesson():
    standing = [CALL.search(cell.source)[1] for path in LESSONS for cell in exercises(path).values()]
    assert sorted(standing) == sorted(check.__all__)


@each
def test_an_exercise_explains_itself(name):
    exercise = getattr(check, name)
    assert exercise.name == name and len(exercise.task) > 20 and len(exercise.remember) > 30
    assert len(exercise.hints) == 2 and all(len(hint) > 20 for hint in exercise.hints)
    assert exercise.judge(...).kind == exercise.judge(None).kind == exercise.judge(lambda *a: ...).kind == "waits" or \
        not isinstance(exercise, Function)


@each
def test_wrong_answers_are_named(name):
    given = wrong(name).WRONG[name]
    assert len(given) >= 3
    for seed in SEEDS:
        for answer, words in given:
            verdict = getattr(check, name).judge(answer, seed)
            assert verdict.kind == "mistake" and words in verdict.text, f"{words}: {verdict.text}"


@each
def test_strange_answers_never_raise(name, capsys):
    for answer in (5, "x", [], [[1], [2, 3]], {"a": 1}, object(), lambda: 1, lambda *a: 1 / 0, float("nan"), check):
        getattr(check, name)(answer, hint=1)
        assert capsys.readouterr().out.startswith(("not yet: ", "waits for you: "))


def test_a_missing_return_and_an_exit_are_answered():
    assert "`return` missing" in check.mean_without_special.judge(lambda hidden, mask: None).text
    assert "your code stops with SystemExit: 3" in check.mean_without_special.judge(lambda hidden, mask: sys.exit(3)).text


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_mutant_of_a_solution_passes(path, monkeypatch):
    """Every change of a solution that changes its result is refused, on three seeds."""
    monkeypatch.chdir(ROOT / "notebooks" / "solutions")
    namespace = {"get_ipython": lambda: None}
    refused = 0
    for cell in nbformat.read(solutions(path), as_version=4).cells:
        if cell.cell_type != "code" or "show.begin()" in cell.source:        # the setup cell
            continue
        if re.search(r"-ex\d$", cell.id):
            refused += refuse_mutants(cell.source, namespace)
        run(cell.source, namespace)
    assert refused >= 6, "hardly any mutant changed the result: is the exercise too small?"


def refuse_mutants(source, namespace):
    """How many mutants of a solution give another result; asserts that none of them is called right."""
    match = CALL.search(source)
    exercise, source = getattr(check, match[1]), source[:match.start()] + f"_answer = {match[2]}"
    solution, refused = run(source, namespace), 0
    for text, change in mutants(source):
        try:
            answer = run(text, namespace)
        except Exception:                                       # no answer at all
            continue
        if not equivalent(exercise, answer, solution):
            kinds = [exercise.judge(answer, seed).kind for seed in SEEDS]
            assert "right" not in kinds, f"{exercise.name}: passes with {change}\n{text}"
            refused += 1
    return refused


def run(source, namespace):
    with contextlib.redirect_stdout(io.StringIO()):
        scope = dict(namespace)
        exec(compile(source, "<cell>", "exec"), scope)          # one scope, so that functions see each other
    namespace.update({k: v for k, v in scope.items() if k != "_answer"}) if "_answer" not in scope else None
    return scope.get("_answer")


def equivalent(exercise, answer, solution):
    """Do two answers come to the same, on more inputs than the check itself tries?"""
    if isinstance(exercise, Example):
        return exercise.judge(answer).kind == "right" and exercise.definition(answer)
    if not isinstance(exercise, Function):
        return alike(answer, solution, exercise.atol)
    import torch
    wide = getattr(wrong(exercise.name), "WIDE", {}).get(exercise.name, exercise.cases)
    cases = [case for seed in range(100, 105) for case in wide(torch.Generator().manual_seed(seed))]
    return all(alike(outcome(answer, case)[0], outcome(solution, case)[0], exercise.atol)
               and outcome(answer, case)[1] == outcome(solution, case)[1] for case in cases)


def test_the_mutants_are_many_and_different():
    found = [text for text, _ in mutants("def f(x, k=2):\n    y = x.sum(dim=1) / len(x)\n    return y[1:] if k > 1 else -y")]
    assert len(set(found)) == len(found) >= 15
    for change in ("x.mean(dim=1)", "x.sum(dim=2)", "* len(x)", "k >= 1", "y[:]", "+y", "not k > 1", "x.sum()", "pass"):
        assert any(change in text for text in found), change
    assert all(ast.parse(text) for text in found)


def test_the_hint_comes_when_asked(capsys):
    check.breaks_max([[[1.0], [5.0]]])
    assert "hint=1" in capsys.readouterr().out
    check.breaks_max([[[1.0], [5.0]]], hint=2)
    assert "hint 2 of 2: " + check.breaks_max.hints[1] in capsys.readouterr().out
    assert "no exercise 'nonsense'" in pytest.raises(AttributeError, getattr, check, "nonsense").value.args[0]
