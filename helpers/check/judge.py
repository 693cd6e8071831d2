"""Judges an answer: right, or which mistake it is, with the smallest input on which it shows.

`@function(...)` makes an exercise out of its definition. The definition's name is the exercise's,
its docstring says what to do. `mistakes` maps a sentence to a wrong function: an answer that gives
on every input what a wrong function gives has made that mistake, however it is written.
"""
import contextlib
import copy
import inspect
import io
from dataclasses import dataclass

import torch

from helpers.check.compare import Raised, alike, difference, shown


@dataclass
class Verdict:
    """What is said of an answer. `kind`: "waits", "right", "mistake" (named) or "wrong" (other)."""
    kind: str
    text: str


class Exercise:
    """One exercise: called with an answer it prints a verdict, perhaps a hint, and never raises.

    The answer is a function, run beside the definition on `cases(generator)`: lists of arguments,
    smallest first. `given`: the wrong function that the learner starts from, where the task is to
    repair one.
    """

    def __init__(self, definition, cases, mistakes, remember, hints, atol=1e-5, given=None):
        self.definition, self.cases, self.mistakes = definition, cases, mistakes
        self.remember, self.hints, self.atol, self.given = remember, hints, atol, given
        self.name = definition.__name__
        self.task = self.__doc__ = " ".join(definition.__doc__.split())

    def __call__(self, answer=..., hint=0):
        """Print the verdict on an answer, and the hint that is asked for."""
        verdict = self.judge(answer)
        print(verdict.text)
        if verdict.kind == "right":
            return
        if hint in (1, 2):
            print(f"hint {hint} of 2: {self.hints[hint - 1]}")
        elif hint:
            print("there are two hints: hint=1 and hint=2")
        elif verdict.kind != "waits":
            print(f"a hint: check.{self.name}(…, hint=1), then hint=2")

    def judge(self, answer, seed=0):
        """The Verdict on an answer, with inputs from `seed`."""
        if answer is None or answer is ...:
            return self.waits()
        try:
            return self._judge(answer, torch.Generator().manual_seed(seed))
        except Exception as error:                     # an answer so odd that it cannot be compared
            return Verdict("wrong", f"not yet: what you gave cannot be compared "
                                    f"({type(error).__name__}: {error})")

    def waits(self, where=""):
        """The Verdict on an exercise that nobody has begun."""
        return Verdict("waits", f"waits for you: {self.task}{where}")

    def right(self):
        """The Verdict on a right answer."""
        return Verdict("right", f"right. {self.remember}")

    def _judge(self, answer, generator):
        if not callable(answer):
            return Verdict("wrong", f"not yet: hand over the function itself, "
                                    f"check.{self.name}({self.name}), "
                                    "not what it returns")
        cases = self.cases(generator)
        wanted = [outcome(self.definition, case)[0] for case in cases]
        ran = [outcome(answer, case, quiet=bool(i)) for i, case in enumerate(cases)]
        got = [result for result, _ in ran]
        if all(map(_is_blank, got)):
            return self.waits()
        if all(result is None for result in got):
            return Verdict("mistake", "not yet: your function returns None: "
                                      "is its `return` missing?")
        off = next((i for i in range(len(cases)) if not alike(got[i], wanted[i], self.atol)), None)
        if off is None:
            changed = next((i for i in range(len(cases)) if ran[i][1]), None)
            return self.right() if changed is None else Verdict("mistake", "not yet: the result is "
                                                                           "right, but your "
                                                                "function changes the input it was "
                                                                "given: copy it first")
        where = self._where(cases[off], got[off], wanted[off])
        if self.given and self._agrees(self.given, cases, got):
            return self.waits(where)
        for sentence, wrong in self.mistakes.items():
            if self._agrees(wrong, cases, got):
                return Verdict("mistake", f"not yet: {sentence}.{where}")
        good = sum(map(alike, got, wanted, [self.atol] * len(got)))
        return Verdict("wrong", f"not yet: {difference(got[off], wanted[off])}; "
                                f"right on {good} of {len(got)} inputs.{where}")

    def _agrees(self, wrong, cases, got):
        """Does an answer give what a wrong function gives, on every input?"""
        return all(alike(outcome(wrong, case)[0], result, self.atol)
                   for case, result in zip(cases, got, strict=True))

    def _where(self, case, got, wanted):
        """The input on which it shows, in a few lines."""
        names = inspect.signature(self.definition).parameters
        lines = [f"{name} = {shown(value)}" for name, value in zip(names, case, strict=False)]
        lines += [f"yours:  {shown(got)}", f"wanted: {shown(wanted)}"]
        return "\n  the smallest input on which it shows:\n    " + "\n    ".join(lines)


def function(**parts):
    """A decorator: the definition of an exercise."""
    return lambda definition: Exercise(definition, **parts)


def _is_blank(result):
    """Is this what an exercise gives that nobody has begun?"""
    return result is ... or isinstance(result, Raised) and result.kind is NotImplementedError


def outcome(answer, case, quiet=True):
    """What a function gives for the arguments in `case`, or Raised, and whether it changed its
    arguments.
    """
    arguments = copy.deepcopy(case)
    try:
        with contextlib.redirect_stdout(io.StringIO()) if quiet else contextlib.nullcontext():
            result = answer(*arguments)
    except (Exception, SystemExit) as error:
        result = Raised(type(error), str(error))
    return result, not all(map(alike, arguments, case, [0] * len(case)))
