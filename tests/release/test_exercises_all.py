"""Exercises whose check is slow, on every seed: tests/slow/test_mutants.py takes one of them."""
import pytest
from exercises import SLOW, name_wrong_answers


@pytest.mark.parametrize("name", SLOW)
def test_wrong_answers_are_named(name):
    name_wrong_answers(name)
