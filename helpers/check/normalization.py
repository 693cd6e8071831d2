"""The exercises of notebook 06."""
from dataclasses import dataclass, field

import torch

from helpers.check.compare import numbers
from helpers.check.judge import function

ENDS = (1.0, 0.0, -1.0)             # what a vector of norm 1 scores against itself


def stores(generator):
    """Scores (B,) that are not in order, and the score of a vector with itself: each end of the
    table, as printed and as a computer rounds it, the smallest first.
    """
    return [scored(end, off, B, generator)
            for B, off in ((2, 0.0), (3, 1e-7), (4, -1e-7), (6, 2e-7)) for end in ENDS]


def scored(end, off, B, generator):
    """B different scores as a store with this `end` gives them, some of them on either side of 0.

    A d² is never negative; the others are.
    """
    similar = torch.linspace(-0.6, 0.9, B)[torch.randperm(B, generator=generator)]        # (B,)
    if similar.tolist() in (sorted(similar.tolist()), sorted(similar.tolist())[::-1]) and B > 2:
        similar = similar.roll(1)
    return {1.0: similar, 0.0: 2 - 2 * similar, -1.0: -similar}[end], end + off


@function(
    cases=stores,
    given=lambda scores, itself: scores.argsort(descending=True),
    mistakes={
        "you take the smallest score first in every store: where a vector gives itself 1, "
        "the largest is the best": lambda scores, itself: scores.argsort(),
        "your order is the wrong way round in every store, the worst comes first":
            lambda scores, itself: scores.argsort(descending=itself < 0.5),
        "you sort as for a similarity unless `itself` is 0: a store that gives −1 returns "
        "−a · b, and its smallest score is the best":
            lambda scores, itself: scores.argsort(descending=abs(itself) > 0.5),
        "you drop the sign of the scores: −0.9 is better than −0.1 where a vector gives itself −1, "
        "and worse where it gives itself 1":
            lambda scores, itself: scores.abs().argsort(descending=abs(itself) > 0.5),
        "you ask whether `itself` is exactly 1: a store may give 0.9999999 or 1.0000001, so ask "
        "whether it is large": lambda scores, itself: scores.argsort(descending=itself == 1),
        "you ask whether `itself` is above 0: a distance of 0 may come as 0.0000001":
            lambda scores, itself: scores.argsort(descending=itself > 0),
        "these are the sorted scores: wanted are the rows they came from":
            lambda scores, itself: scores.sort(descending=itself > 0.5).values,
        "this is the place of each row in the order: wanted is the order, the best row first":
            lambda scores, itself: scores.argsort(descending=itself > 0.5).argsort(),
    },
    remember="A vector's score with itself shows which end is best, in any store.",
    hints=("the one-minute test: which of 1, 0 and −1 means that the largest is best?",
           "scores.argsort(descending=…): only a store that gives itself 1 wants descending"),
)
def best_first(scores, itself):
    """repair best_first(scores, itself): the row numbers, the best first, whether a vector scores
    1, 0 or −1 against itself.
    """
    return (-scores if itself > 0.5 else scores).argsort()                                    # (B,)


MEASURES = {                        # of rows (B, D) against one query (D,): -> (B,)
    "dot": lambda rows, query: -rows @ query,
    "cosine": lambda rows, query: -torch.nn.functional.cosine_similarity(rows, query[None]),
    "1 - cosine": lambda rows, query: 1 - torch.nn.functional.cosine_similarity(rows, query[None]),
    "d": lambda rows, query: (rows - query).norm(dim=-1),
    "d²": lambda rows, query: ((rows - query) ** 2).sum(dim=-1),
}                                   # the smallest is best: of a similarity, its negative


@dataclass
class Store:
    """A vector store that does not tell by what it scores."""
    _metric: str
    _rows: torch.Tensor | None = field(default=None, compare=False)

    def add(self, vectors):
        """Keep more rows, (B, D) or one (D,)."""
        new = torch.atleast_2d(numbers(vectors))
        self._rows = new if self._rows is None else torch.cat([self._rows, new])

    def search(self, vector, k=1):
        """The k best: -> (scores, ids), lists, the best first."""
        query = numbers(vector).flatten()
        costs, ids = MEASURES[self._metric](self._rows, query).sort(stable=True)
        signed = -costs if self._metric in ("dot", "cosine") else costs
        return signed[:k].tolist(), ids[:k].tolist()

    def __repr__(self):
        return "a store that does not tell"


def closed_stores(generator):
    """One store for each measure."""
    return [(Store(metric),) for metric in MEASURES]


def takes(**wrong):
    """An answer that calls some measures by another one's name."""
    names = dict(zip(("dot", "cosine", "one_minus", "d", "squared"), MEASURES, strict=True))
    called = {names[a]: names[b] for a, b in wrong.items()}
    return lambda store: called.get(store._metric, store._metric)


RAW = "your vectors have norm 1, and there the dot product is the cosine: add a longer one"
ZERO = "a vector with itself gives 0 by all three distances: search for another one"


@function(
    cases=closed_stores,
    mistakes={
        f"you take a cosine for a dot product: {RAW}": takes(cosine="dot"),
        f"you take a dot product for a cosine: {RAW}": takes(dot="cosine"),
        "you take 1 − cosine for d: opposite vectors of norm 1 give 2 by both":
            takes(one_minus="d"),
        "you take d for 1 − cosine: opposite vectors of norm 1 give 2 by both":
            takes(d="one_minus"),
        "you take d² for d: a distance of 0 or 1 is its own square": takes(squared="d"),
        "you take d for d²: a distance of 0 or 1 is its own square": takes(d="squared"),
        f"you take each distance for d: {ZERO}": takes(one_minus="d", squared="d"),
        f"you take each distance for d²: {ZERO}": takes(one_minus="squared", d="squared"),
        f"you take each distance for 1 − cosine: {ZERO}": takes(d="one_minus", squared="one_minus"),
        f"you part 1 from 0 and no more: {RAW}; {ZERO}":
            takes(cosine="dot", one_minus="d", squared="d"),
    },
    remember="Two vectors of different norm, and one score names the metric.",
    hints=("on vectors of norm 1 dot product and cosine are one number: which vector parts them?",
           "add (3, 0), search for (1, 0), and compute by hand what each of the five gives"),
)
def metric_of(store):
    """write metric_of(store): by which of "dot", "cosine", "1 - cosine", "d" and "d²" it scores."""
    store.add([[3.0, 0.0]])
    (score,), _ = store.search([1.0, 0.0], 1)
    return {3: "dot", 1: "cosine", 0: "1 - cosine", 2: "d", 4: "d²"}[round(score)]
