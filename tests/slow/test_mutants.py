"""Small changes of every solution: each one that changes the result is refused by its check."""
import ast
import collections
import contextlib
import io
import re

import nbformat
import pytest
import torch
import transformers
from exercises import CALL, LESSONS, ROOT, SEEDS, SLOW, name_wrong_answers, solutions, wrong
from small_changes import mutants

from helpers import check
from helpers.check.compare import alike
from helpers.check.judge import outcome


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_mutant_of_a_solution_passes(path, monkeypatch):
    """Every change of a solution that changes its result is refused, on three seeds."""
    monkeypatch.chdir(ROOT / "notebooks" / "solutions")
    for kind in (transformers.AutoModel, transformers.AutoTokenizer):
        monkeypatch.setattr(kind, "from_pretrained", load_once(kind.from_pretrained))
    namespace, counts = {"get_ipython": lambda: None}, collections.Counter()
    for cell in nbformat.read(solutions(path), as_version=4).cells:
        if cell.cell_type != "code" or "show.begin()" in cell.source:       # the setup cell
            continue
        if re.search(r"-ex\d$", cell.id):
            counts += refuse_mutants(cell.source, namespace)
        run(cell.source, namespace)
    print(path.stem, dict(counts))                              # seen with pytest -rP
    assert counts["refused"] >= 6, "hardly any mutant changed the result"


def load_once(load):
    """A from_pretrained that loads a folder once for all mutants: nothing in a folder changes."""
    kept = {}

    def once(*args, **options):
        try:
            key = args, frozenset(options.items())
            hash(key)
        except TypeError:                                       # a whole config among the options
            return load(*args, **options)
        if key not in kept:
            kept[key] = load(*args, **options)
        return kept[key]
    return once


def refuse_mutants(source, namespace):
    """Assert that no mutant with another result is called right: -> how many of each kind."""
    match = CALL.search(source)
    exercise, source = getattr(check, match[1]), source[:match.start()] + f"_answer = {match[2]}"
    same, counts = Same(exercise, run(source, namespace)), collections.Counter()
    for text, change in mutants(source):
        counts["made"] += 1
        try:
            answer = run(text, namespace)
        except Exception:
            counts["without an answer"] += 1
            continue
        if same(answer):
            counts["equivalent"] += 1
            continue
        kinds = [exercise.judge(answer, seed).kind for seed in SEEDS]
        assert "right" not in kinds, f"{exercise.name}: passes with {change}\n{text}"
        counts["refused"] += 1
    return counts


def run(source, namespace):
    """Run a cell in one scope, so that functions see each other: -> its answer, if it has one."""
    scope = dict(namespace)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, "<cell>", "exec"), scope)
    if "_answer" not in scope:
        namespace.update(scope)
    return scope.get("_answer")


class Same:
    """Does an answer come to the same as the solution, on more inputs than the check tries?"""

    def __init__(self, exercise, solution):
        self.exercise = exercise
        wide = getattr(wrong(exercise.name), "WIDE", {}).get(exercise.name, exercise.cases)
        seeds = (torch.Generator().manual_seed(seed) for seed in range(100, 105))
        cases = [case for generator in seeds for case in wide(generator)]
        self.wanted = [(case, outcome(solution, case)) for case in cases]

    def __call__(self, answer):
        return all(self.agrees(outcome(answer, case), wanted) for case, wanted in self.wanted)

    def agrees(self, one, other):
        """Are two outcomes alike: the results, and whether the arguments were changed?"""
        return alike(one[0], other[0], self.exercise.atol) and one[1] == other[1]


@pytest.mark.parametrize("name", SLOW)
def test_wrong_answers_are_named(name):
    """On one seed; on all of them in tests/release."""
    name_wrong_answers(name, SEEDS[:1])


def test_the_mutants_are_many_and_different():
    source = "def f(x, k=2):\n    y = x.sum(dim=1) / len(x)\n    return y[1:] if k > 1 else -y"
    found = [text for text, _ in mutants(source)]
    assert len(set(found)) == len(found) >= 15
    for change in ("x.mean(dim=1)", "x.sum(dim=2)", "* len(x)", "k >= 1", "y[:]", "+y", "not k > 1",
                   "x.sum()", "pass"):
        assert any(change in text for text in found), change
    assert all(ast.parse(text) for text in found)
