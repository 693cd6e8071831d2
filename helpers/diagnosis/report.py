"""The answer of `diagnose`: what it holds, how it prints, and what the vector could not tell."""
import collections
import decimal
import html
import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import torch

from helpers.diagnosis.catalogue import KNOWN
from helpers.diagnosis.rounding import HALVES, fits

ROUND_UP = decimal.Context(prec=1, rounding=decimal.ROUND_UP)       # to one digit


class Nearest(NamedTuple):
    """The explanation that comes nearest among those that do not reproduce the vector."""
    causes: tuple
    max_abs_diff: float
    cosine: float


class Diagnosis(NamedTuple):
    """What `diagnose` found. Printed, it is a report; at the end of a notebook's cell, a table."""
    found: bool             # is there an explanation?
    causes: tuple           # of str, sorted; empty: the model's own vector, or nothing was found
    max_abs_diff: float     # between the vector and the explanation's, or else the runner-up's
    cosine: float
    runner_up: Nearest      # the best explanation that does not reproduce the vector
    certain: bool           # reproduced up to its rounding; False: off as 16 bits are, or not found
    storage: str            # how the numbers were given: "4 decimals"
    allowed: float          # the largest difference that this storage, or float32 itself, can make
    tried: int              # how many explanations were compared
    cannot_tell: tuple      # of (causes, what would tell)
    refused: str            # why nothing was tried, or ""

    def __str__(self):
        lines = [self.headline(), *(f"  {name:<11}{value}" for name, value in self.rows())]
        if self.cannot_tell:
            lines.append("cannot be told from this vector:")
        lines += [f"  {span(causes)}: {telling}" for causes, telling in self.cannot_tell]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self):
        last = [(f"cannot be told: {span(causes)}", why) for causes, why in self.cannot_tell]
        return f"<b>{html.escape(self.headline())}</b>\n{html_table([*self.rows(), *last])}"

    def headline(self) -> str:
        """The answer in one line."""
        if not self.found:
            return "not found: " + (self.refused or "nothing that was tried gives this vector")
        if not self.causes:
            return "no difference: this is the model's own vector"
        return ("found: " if self.certain else "likely: ") + joined(self.causes)

    def rows(self) -> Iterator[tuple[str, str]]:
        """The rest of the report: (name, text) pairs."""
        if self.found and self.certain:         # a bound: it reads alike on every machine
            most = float(ROUND_UP.create_decimal_from_float(self.allowed))
            yield "agreement", f"max |Δ| ≤ {most:.0e}, which is rounding; cosine {self.cosine:.4f}"
        elif self.found:
            yield "agreement", (f"max |Δ| {self.max_abs_diff:.0e}, cosine {self.cosine:.4f}: "
                                "off as 16-bit arithmetic is, on the same numbers")
        if not self.refused and self.certain == self.found:     # of 16 bits it is the one named
            near = self.runner_up
            yield ("runner-up" if self.found else "nearest"), (
                f"{joined(near.causes) or 'the model itself'}: "
                f"max |Δ| {near.max_abs_diff:.1e}, cosine {near.cosine:.4f}")
        yield "given as", self.storage
        for cause in self.causes:
            yield "what to do", KNOWN["advice"][cause.partition(":")[0]]
        if not self.found and not self.refused:
            yield "tried", f"{self.tried:,} explanations: {KNOWN['tried']}"
            yield "not tried", KNOWN["not_tried"]


def html_table(rows: Iterable[tuple[str, ...]]) -> str:
    """Rows of plain text as an HTML table, the first cell of each as its heading."""
    lines = []
    for name, *texts in rows:
        cells = "".join(f'<td style="text-align: left">{html.escape(text)}</td>' for text in texts)
        lines.append(f'<tr><th style="text-align: left">{html.escape(name)}</th>{cells}</tr>\n')
    return f"<table><tbody>\n{''.join(lines)}</tbody></table>"


def joined(causes: Iterable[str], mark: str = " + ") -> str:
    """Causes in one line, the white space in them made visible."""
    return mark.join(cause.replace("\n", "\\n") if cause == cause.strip() else repr(cause)
                     for cause in causes)


def span(causes: tuple) -> str:
    """Causes in a row; of many limits of one kind, in rising order, the first and the last."""
    if len(causes) > 2 and len({cause.rstrip("0123456789") for cause in causes}) == 1:
        return f"{causes[0]} … {causes[-1]}"
    return joined(causes, ", ")


def untold(search, causes: tuple, vector) -> tuple:
    """What cannot be told from this vector: -> tuple of (causes, what would tell).

    `causes`, `vector` (d,): the explanation that was chosen. What is listed changes nothing in it,
    or less than the rounding hides.
    """
    passes, model, reasons = search.passes, search.passes.model, collections.defaultdict(tuple)
    # the tokenizer gave the same ids; limits come first
    idle = [cause for cause, like in passes.same.items() if not like or like in causes]
    for cause in sorted(idle, key=lambda cause: not cause.startswith(tuple(KNOWN["limits"]))):
        reasons[passes.tokens.telling(cause)] += (cause,)
    # one could add it, or put it for another, and it fits the vector as well
    fitting = [other for other, _ in search.fitting]
    for run in passes.changed if not passes.long else ():
        block = passes.block(run, 0, len(vector))
        fitting += itertools.compress(
            block.causes, fits(block.vectors, search.vector, search.rounding))
    differing = [set(other) - set(causes) for other in fitting]
    more = set().union(*(added for added in differing if len(added) == 1))
    if search.rounding.cause is None:
        halves = np.stack([torch.tensor(vector).to(dtype).double() for dtype in HALVES.values()])
        more.update(itertools.compress(HALVES, fits(halves, search.vector, search.rounding)))
    reasons[KNOWN["same_vector"]] += tuple(sorted(more))
    # this model cannot have it, or padding would have to be seen
    for cause, why in KNOWN["never"].items():
        if cause not in model.changes:
            reasons[why.format(activation=model.activation)] += (cause,)
    own = [f"pooling:{name}" for name in model.recipe.pooling]
    if ([cause for cause in causes if cause.startswith("pooling:")] or own) == ["pooling:mean"]:
        reasons[KNOWN["unmasked_mean"]] += ("pooling:unmasked_mean",)
    return tuple((idle, telling) for telling, idle in reasons.items() if idle)
