"""Exercises: every solution passes, wrong answers are named, and nothing makes a check raise."""
import sys

import pytest
from exercises import CALL, LESSONS, SLOW, exercises, name_wrong_answers, solutions

from helpers import check

each = pytest.mark.parametrize("name", check.__all__)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_has_two_exercises_and_their_solutions(path):
    asked, solved = exercises(path), exercises(solutions(path))
    assert {f"{path.name[:2]}-ex1", f"{path.name[:2]}-ex2"} <= set(asked) == set(solved)
    for key, cell in asked.items():
        name = CALL.search(cell.source)[1]
        assert len(cell.outputs) == 1, cell.source
        assert cell.outputs[0].text.startswith("waits for you: "), cell.source
        assert CALL.search(solved[key].source)[1] == name
        said = "\n" + solved[key].outputs[-1].text
        assert said.endswith(f"\nright. {getattr(check, name).remember}\n")


def test_every_exercise_stands_in_one_lesson():
    cells = [cell for path in LESSONS for cell in exercises(path).values()]
    standing = [CALL.search(cell.source)[1] for cell in cells]
    assert sorted(standing) == sorted(check.__all__)


@each
def test_an_exercise_explains_itself(name):
    exercise = getattr(check, name)
    assert exercise.name == name and len(exercise.task) > 20 and len(exercise.remember) > 30
    assert len(exercise.hints) == 2 and all(len(hint) > 20 for hint in exercise.hints)
    assert {exercise.judge(empty).kind for empty in (..., None, lambda *a: ...)} == {"waits"}


@pytest.mark.parametrize("name", [name for name in check.__all__ if name not in SLOW])
def test_wrong_answers_are_named(name):
    name_wrong_answers(name)


@each
def test_strange_answers_never_raise(name, capsys):
    for answer in (5, "x", [], [[1], [2, 3]], {"a": 1}, object(), lambda: 1, lambda *a: 1 / 0,
                   float("nan"), check):
        getattr(check, name)(answer, hint=1)
        assert capsys.readouterr().out.startswith(("not yet: ", "waits for you: "))


def test_a_missing_return_and_an_exit_are_answered():
    judge = check.mean_without_special.judge
    assert "`return` missing" in judge(lambda hidden, mask: None).text
    assert "your code stops with SystemExit: 3" in judge(lambda hidden, mask: sys.exit(3)).text


def test_the_hint_comes_when_asked(capsys):
    check.better(max)
    assert "hint=1" in capsys.readouterr().out
    check.better(max, hint=2)
    assert "hint 2 of 2: " + check.better.hints[1] in capsys.readouterr().out
    with pytest.raises(AttributeError, match="no exercise 'nonsense'"):
        check.nonsense  # noqa: B018
