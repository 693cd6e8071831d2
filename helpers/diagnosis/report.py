"""The answer of `diagnose`: what it holds, how it prints, and what the vector could not tell."""
import html
import math
from typing import NamedTuple

from helpers.diagnosis.catalogue import ADVICE
from helpers.diagnosis.rounding import fits, store


class Nearest(NamedTuple):
    """The explanation that comes nearest among those that do not reproduce the vector."""
    causes: tuple
    max_abs_diff: float
    cosine: float


class Diagnosis(NamedTuple):
    """What `diagnose` found. Printed, it is a report; at the end of a notebook's cell, a table."""
    found: bool             # is there an explanation?
    causes: tuple           # of str, sorted; empty when the vector is the model's own, or when nothing was found
    max_abs_diff: float     # between the vector and what the explanation gives (when not found: the runner-up)
    cosine: float
    runner_up: Nearest      # the best explanation that does not reproduce the vector
    certain: bool           # reproduced up to its rounding; False: as far off as 16-bit arithmetic is
    storage: str            # how the numbers were given: "4 decimals"
    allowed: float          # the largest difference that this storage, or float32 itself, can make
    tried: int              # how many explanations were compared
    cannot_tell: tuple      # of (causes, what would tell)
    refused: str            # why nothing was tried, or ""

    def __str__(self):
        lines = [self.headline(), *(f"  {name:<11}{value}" for name, value in self.rows())]
        if self.cannot_tell:
            lines.append("cannot be told from this vector:")
        return "\n".join([*lines, *(f"  {span(causes)}: {telling}" for causes, telling in self.cannot_tell)])

    __repr__ = __str__

    def _repr_html_(self):
        rows = [*self.rows(), *((f"cannot be told: {span(causes)}", telling) for causes, telling in self.cannot_tell)]
        rows = "".join(f'<tr><th style="text-align: left">{html.escape(name)}</th><td style="text-align: left">'
                       f"{html.escape(value)}</td></tr>\n" for name, value in rows)
        return f"<b>{html.escape(self.headline())}</b>\n<table><tbody>\n{rows}</tbody></table>"

    def headline(self):
        """The answer in one line."""
        if not self.found:
            return "not found: " + (self.refused or "nothing that was tried gives this vector")
        if not self.causes:
            return "no difference: this is the model's own vector"
        return ("found: " if self.certain else "likely: ") + " + ".join(map(repr_cause, self.causes))

    def rows(self):
        """The rest of the report: (name, text) pairs."""
        near = self.runner_up
        if self.found:
            bound = rounded_up(self.allowed)        # not the noise below it: the report reads alike on every machine
            yield "agreement", (
                f"max |Δ| ≤ {bound}, which is rounding; cosine {self.cosine:.4f}" if self.certain else
                f"max |Δ| {self.max_abs_diff:.0e}, cosine {self.cosine:.4f}: as far off as 16-bit arithmetic is")
        if not self.refused:
            yield ("runner-up" if self.found else "nearest"), (
                f"{' + '.join(map(repr_cause, near.causes)) or 'the model itself'}: "
                f"max |Δ| {near.max_abs_diff:.1e}, cosine {near.cosine:.4f}")
        yield "given as", self.storage
        for cause in self.causes:
            yield "what to do", ADVICE[cause.partition(":")[0]]
        if not self.found and not self.refused:
            yield "tried", (f"{self.tried:,} explanations: changes of the text, special tokens, truncation, GELU, "
                            "positions, layers, 16 bits, each with every pooling, normalized and not")


def rounded_up(number):
    """A positive number with one digit, not below it: 5.1e-06 -> "6e-06"."""
    unit = 10.0 ** math.floor(math.log10(number))
    return f"{math.ceil(number / unit) * unit:.0e}"


def repr_cause(cause):
    """A cause with the white space in it made visible."""
    return cause.replace("\n", "\\n") if cause == cause.strip() else repr(cause)


def span(causes):
    """Causes in a row; of many limits of one kind, which are in rising order, the first and the last."""
    if len(causes) > 2 and len({cause.rstrip("0123456789") for cause in causes}) == 1:
        return f"{causes[0]} … {causes[-1]}"
    return ", ".join(map(repr_cause, causes))


def untold(search, causes, vector):
    """What cannot be told from this vector: -> tuple of (causes, what would tell).

    `causes`, `vector` (d,): the explanation that was chosen. Those are causes that change nothing here, and causes
    that would change it by less than the rounding hides.
    """
    reasons = {}
    for idle, telling in (*_same_tokens(search.passes, causes), *_same_vector(search, causes, vector),
                          *_same_model(search.passes), *_same_pads(search.passes, causes)):
        reasons[telling] = reasons.get(telling, ()) + idle
    return tuple((idle, telling) for telling, idle in reasons.items())


def _same_tokens(passes, causes):
    """Changes of the text after which the tokenizer gave the same ids."""
    idle = [cause for cause, like in passes.same.items() if not like or like in causes]
    for kind, unit in (("truncate:", "tokens"), ("text:chars=", "characters")):
        limits = tuple(cause for cause in idle if cause.startswith(kind))
        if limits:
            yield limits, f"a text with more {unit} would tell"
    for cause in idle:
        if not cause.startswith(("truncate:", "text:chars=")):
            probe = passes.model.tokens.tells(cause)
            yield (cause,), (f"a text like {probe!r} would tell" if probe else
                             "no text would tell, this tokenizer gives the same ids")


def _same_vector(search, causes, vector):
    """Explanations with one cause more, or one other, that fit the vector as well; and 16 bits below its rounding."""
    explained = [fit for change in search.passes.changes for fit in search.all_that_fit(change)] + search.fitting
    more = {cause for other, _ in explained for cause in set(other) - set(causes) if len(set(other) - set(causes)) == 1}
    for half in ("precision:fp16", "precision:bf16"):
        if search.rounding.cause is None and fits(store(vector, half)[None], search.vector, search.rounding)[0]:
            more.add(half)
    if more:
        yield tuple(sorted(more)), "it gives the same vector here, up to the rounding of the numbers"


def _same_model(passes):
    """Differences inside the model that this model cannot have."""
    if not passes.model.gelu:
        yield ("gelu:tanh",), f"no text would tell, this model's activation is {passes.model.config.get('hidden_act')}"
    if not passes.model.shifted:
        yield ("positions:unshifted",), "no text would tell, this model counts positions from 0"


def _same_pads(passes, causes):
    """The unmasked mean, where the pooling is the mean: it takes padding to differ."""
    own = [f"pooling:{name}" for name in passes.model.recipe.pooling]
    if ([cause for cause in causes if cause.startswith("pooling:")] or own) == ["pooling:mean"]:
        yield ("pooling:unmasked_mean",), "without padding it is the mean: a batch with a longer text would tell"
