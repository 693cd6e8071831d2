"""The exercises of notebook 06."""
from dataclasses import dataclass, field

import torch

from helpers.check.compare import numbers
from helpers.check.judge import function

MEASURES = {                        # of rows (B, D) against one query (D,): -> (B,)
    "dot": lambda rows, query: rows @ query,
    "cosine": lambda rows, query: torch.nn.functional.cosine_similarity(rows, query[None]),
    "1 - cosine": lambda rows, query: 1 - torch.nn.functional.cosine_similarity(rows, query[None]),
    "d": lambda rows, query: (rows - query).norm(dim=-1),
    "d²": lambda rows, query: ((rows - query) ** 2).sum(dim=-1),
    "-dot": lambda rows, query: -rows @ query,
}
TABLE = ("dot", "d²", "-dot", "1 - cosine", "d")        # what stores of the table return


@dataclass
class Store:
    """A vector store that does not tell by what it scores; `_off` is a computer's rounding."""
    _metric: str
    _rows: torch.Tensor | None = field(default=None, compare=False)
    _off: float = 0.0

    def add(self, vectors):
        """Keep more rows, (B, D) or one (D,)."""
        new = torch.atleast_2d(numbers(vectors))
        self._rows = new if self._rows is None else torch.cat([self._rows, new])

    def search(self, vector, k=1):
        """The k best: -> (scores, ids), lists, the best first."""
        largest, query = self._metric in ("dot", "cosine"), numbers(vector).flatten()
        scores = MEASURES[self._metric](self._rows, query).round(decimals=9) + self._off
        scores, ids = scores.sort(descending=largest, stable=True)
        return scores[:k].tolist(), ids[:k].tolist()

    def __repr__(self):
        return "a store that does not tell"


class Loose(Store):
    """One whose five best hits come in no order: the odd ids, then the even ones."""

    def search(self, vector):
        """The five best: -> (scores, ids), lists."""
        hits = sorted(zip(*super().search(vector, 5), strict=True),
                      key=lambda hit: (hit[1] % 2 == 0, hit[1]))
        return tuple(map(list, zip(*hits, strict=True)))


def stores(generator):
    """A store of each kind, a vector that is its row 0, and a query, the fewest rows first."""
    sizes = ((2, 0.0), (3, 1e-7), (4, -1e-7), (7, 2e-7))
    return [loose(metric, off, B, generator) for B, off in sizes for metric in TABLE]


def loose(metric, off, B, generator):
    """B rows of norm 1, their cosines with the query on either side of 0, in no order."""
    order = torch.randperm(B, generator=generator)
    cosines = torch.linspace(-0.6, 0.8, B, dtype=torch.float64)[order]                    # (B,)
    rows = torch.stack([cosines, (1 - cosines ** 2).sqrt()], dim=-1)                      # (B, 2)
    return Loose(metric, rows, off), rows[0].tolist(), [1.0, 0.0]


def by(largest_first, of_itself=lambda scores, ids: scores[ids.index(0)], key=float):
    """An answer that finds a vector's score with itself, and from it the end to sort from."""
    def answer(store, known, query):
        largest = largest_first(of_itself(*store.search(known)))
        hits = zip(*store.search(query), strict=True)
        return [i for _, i in sorted(hits, key=lambda hit: key(hit[0]), reverse=largest)]
    return answer


@function(
    cases=stores,
    given=by(lambda itself: True),
    mistakes={
        "you take the smallest score first in every store: where a vector gives itself 1, "
        "the largest is the best": by(lambda itself: False),
        "your order is the wrong way round in every store, the worst comes first":
            by(lambda itself: itself < 0.5),
        "you sort as for a similarity unless a vector gives itself 0: a store that gives −1 "
        "returns −a · b, and its smallest score is the best": by(lambda itself: abs(itself) > 0.5),
        "you drop the sign of the scores: −0.9 is better than −0.1 where a vector gives itself −1, "
        "and worse where it gives itself 1": by(lambda itself: abs(itself) > 0.5, key=abs),
        "you ask whether the score with itself is exactly 1: a store may give 0.9999999 or "
        "1.0000001, so ask whether it is large": by(lambda itself: itself == 1),
        "you ask whether the score with itself is above 0: a distance of 0 may come as 0.0000001":
            by(lambda itself: itself > 0),
        "you take the first hit's score for the score with itself: the hits come in any order, "
        "so look for the id 0": by(lambda itself: itself > 0.5, lambda scores, ids: scores[0]),
        "this is the order in which the hits came: sort them by their scores":
            lambda store, known, query: store.search(query)[1],
        "these are the sorted scores: wanted are the ids they came with":
            lambda store, _, query: sorted(store.search(query)[0], reverse=store._metric == "dot"),
    },
    remember="A vector's score with itself shows which end is best, in any store.",
    hints=("search for `known`: which hit is `known` itself, and what is its score?",
           "itself = scores[ids.index(0)]: only a store that gives 1 wants the largest first"),
)
def best_first(store, known, query):
    """repair best_first(store, known, query): the ids for `query`, best first, in any store."""
    return by(lambda itself: itself > 0.5)(store, known, query)


def closed_stores(generator):
    """One store for each measure."""
    return [(Store(metric),) for metric in MEASURES if metric != "-dot"]


def takes(**wrong):
    """An answer that calls some measures by another one's name."""
    names = dict(zip(("dot", "cosine", "one_minus", "d", "squared"), MEASURES, strict=False))
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
