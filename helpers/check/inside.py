"""The exercises of notebook 08."""
import functools

import numpy as np
import torch

from helpers import bootstrap_interval
from helpers.check.judge import function


def heads(generator):
    """Queries, keys and values of one head, (T, k) each."""
    cases = []
    for T, k in [(2, 2), (3, 2), (1, 3), (4, 4), (5, 3), (3, 8)]:
        cases.append(tuple(torch.randn(3, T, k, generator=generator)))
    return cases


def allowed(T, by=0):
    """Who may look at whom, (T, T): a token at itself and at earlier ones, or shifted `by`."""
    return torch.ones(T, T).tril(by) == 1


def scaled(query, key):
    """The scores, (T, T)."""
    return query @ key.T / query.shape[-1] ** 0.5


def hidden(scores, seen):
    """The scores, with −∞ where nobody may look."""
    return scores.masked_fill(~seen, float("-inf"))


def mixed(scores, value, dim=-1):
    """The values by their shares, (T, k)."""
    return scores.softmax(dim=dim) @ value


def seeing(by=0, turned=False):
    """An answer in which a token looks at others than it may."""
    def answer(query, key, value):
        seen = allowed(len(query), by)
        return mixed(hidden(scaled(query, key), seen.T if turned else seen), value)
    return answer


def zeroed(query, key, value):
    """The scores of later tokens are 0, not −∞."""
    return mixed(scaled(query, key) * allowed(len(query)), value)


def too_late(query, key, value):
    """Shares are zeroed after softmax, so that a row sums to less than 1."""
    return (scaled(query, key).softmax(dim=-1) * allowed(len(query))) @ value


def by(scale=lambda query: query.shape[-1] ** 0.5, dim=-1):
    """An answer with another scale, or softmax along another dimension."""
    def answer(query, key, value):
        return mixed(hidden(query @ key.T / scale(query), allowed(len(query))), value, dim)
    return answer


@function(
    cases=heads,
    mistakes={
        "a token still looks at later ones: their scores must become −∞ before softmax":
            lambda query, key, value: mixed(scaled(query, key), value),
        "your triangle is turned around: these tokens look at themselves and at later ones":
            seeing(turned=True),
        "a token may look at itself, too: here it sees only earlier ones, and the first sees none":
            seeing(-1),
        "each token still looks at the next one: your triangle reaches one too far": seeing(1),
        "a score of 0 is not out: exp(0) is 1. It must be −∞": zeroed,
        "you zero shares after softmax, so a row no longer sums to 1: mask the scores before it":
            too_late,
        "the division by the root of k is missing": by(lambda query: 1),
        "divide by the root of k, not by k": by(lambda query: query.shape[-1]),
        "you divide by the root of T: the scale is the root of k, the size of a query":
            by(lambda query: len(query) ** 0.5),
        "softmax runs along the wrong dimension: the shares of one token are a row": by(dim=0),
        "these are the shares: the mix is the shares times the values":
            lambda query, key, value: hidden(
                scaled(query, key), allowed(len(query))).softmax(dim=-1),
        "query and key have changed places: row t belongs to the token that looks":
            lambda query, key, value: mixed(
                hidden(scaled(key, query), allowed(len(query))), value),
    },
    remember="In such a model only the last token has looked at the whole text. That is why many "
             "of them are pooled by their last token (05).",
    hints=("as attend on paper, with one step between scores and softmax: masked_fill",
           "torch.ones(T, T).triu(1) == 1 is true where a column stands right of the diagonal"),
)
def causal(query, key, value):
    """write causal(query, key, value): the mix, (T, k), of one head in which a token looks at
    itself and at earlier tokens only.
    """
    return mixed(hidden(scaled(query, key), allowed(len(query))), value)


def ablations(generator):
    """Who is found before and after, and the largest loss that is accepted: the smallest first."""
    cases = []
    for counts, most in [((16, 0, 0, 4), 0.05), ((14, 0, 0, 6), 0.0), ((8, 12, 0, 0), 0.1),
                         ((12, 2, 1, 5), 0.05), ((60, 2, 2, 36), 0.02), ((60, 3, 2, 35), 0.1),
                         ((80, 9, 9, 22), 0.08), ((150, 8, 1, 41), 0.1), ((100, 30, 4, 66), 0.2),
                         ((100, 30, 4, 66), 0.05), ((60, 20, 12, 28), 0.02),
                         ((70, 22, 20, 8), 0.08), ((20, 1, 9, 90), 0.05), ((40, 24, 2, 134), 0.2),
                         ((100, 30, 4, 66), 0.12)]:
        # found by both, lost, won, found by neither
        hits = np.repeat([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], counts, axis=0)  # (n, 2)
        before, after = hits[torch.randperm(len(hits), generator=generator)].T.copy()       # (n,)
        cases.append((before, after, most))
    return cases


def said(low, high, most):
    """What an interval of after − before says of a largest loss."""
    return "yes" if low >= -most else "no" if high < -most else "cannot tell"


@functools.cache
def _interval(numbers):
    """The interval of numbers in a tuple: wrong answers ask for the same ones."""
    return bootstrap_interval(numbers)


def interval(values):
    """Both ends of the 95 % interval of a mean."""
    return _interval(tuple(values.tolist()))


def two_intervals(before, after, most):
    """Compares the ends of two intervals."""
    (low, high), (low_after, high_after) = interval(before), interval(after)
    return said(low_after - high, high_after - low, most)


def change(before, after):
    """The interval of the differences."""
    return interval(after - before)


@function(
    cases=ablations,
    mistakes={
        "an interval that includes 0 shows no loss, but it does not show that there is none: look "
        "at how far it reaches down, and compare that end with most":
            lambda before, after, most: "yes" if change(before, after)[1] >= 0
            else said(*change(before, after), most),
        "`most` is not used: a loss that is certain may still be small enough":
            lambda before, after, most: said(*change(before, after), 0),
        "you judge by the mean alone: another 214 questions would give another mean":
            lambda before, after, most: said(*[(after - before).mean()] * 2, most),
        "you looked at the better end: if the *worse* end loses too much, you cannot say yes":
            lambda before, after, most: "yes" if change(before, after)[1] >= -most else "no",
        "you looked at the worse end for both answers: it is no only if the *better* end, too, "
        "loses more than most":
            lambda before, after, most: "yes" if change(before, after)[0] >= -most else "no",
        "the sign is turned around: a loss is after − before below 0":
            lambda before, after, most: said(*change(after, before), most),
        "you counted the lost questions and not the won ones: take after − before":
            lambda before, after, most: said(
                *interval(np.minimum(after - before, 0)), most),
        "you compared two intervals: subtract question by question, then take one interval":
            two_intervals,
        "this is the interval of `after` alone: it says how good the rest is, not what is lost":
            lambda before, after, most: said(*interval(after), most),
        "you divided by what was found before: most is a part of all questions":
            lambda before, after, most: said(
                *np.divide(change(before, after), before.mean()), most),
    },
    remember="That no loss is seen does not mean that there is none. Say beforehand how large a "
             "loss you accept, and compare it with the worse end of the interval.",
    hints=("subtract question by question; bootstrap_interval gives both ends of what may be lost",
           "yes if the low end is at least −most; no if even the high end is below −most"),
)
def can_go(before, after, most):
    """write can_go(before, after, most): "yes", "no" or "cannot tell". Two arrays of 1.0 (found)
    and 0.0, without and with the part switched off; `most` is the largest loss that you accept.
    """
    return said(*change(before, after), most)
