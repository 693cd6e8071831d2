"""The exercises of notebook 08."""
import numpy as np
import torch

from helpers import bootstrap_interval
from helpers.check.judge import function


def heads(generator):
    """One head's query, key and value, (B, T, n), a mask and a window, the smallest first.

    Padding on the right, then on the left; every place has a real token within its window.
    """
    cases = []
    for B, T, n, padding, window in [(1, 3, 4, 0, 1), (1, 3, 4, 1, 3), (1, 4, 4, 1, 2),
                                     (2, 5, 3, 2, 2), (2, 5, 4, -2, 3), (3, 6, 5, 1, 6),
                                     (2, 6, 9, -1, 1)]:
        mask = torch.ones(B, T, dtype=torch.long)
        mask[0, T - padding if padding >= 0 else 0:T if padding >= 0 else -padding] = 0
        drawn = torch.randint(-2, 3, (3, B, T, n), generator=generator).float()
        drawn[0, :, 0, 0] = drawn[1, :, -1, 0] = 3.0                    # no table of zeros
        cases.append((*drawn, mask, window))
    return cases


def allowed(mask, window, before=True, after=True, strict=False, rows=False, padding=True):
    """Which column each row may look at, or one of the wrong ideas of it: (B, T, T)."""
    place = torch.arange(mask.shape[1])
    away = place[None, :] - place[:, None]                              # (T, T), of the column
    far = window - 0.5 if strict else window
    near = ((away <= far) | (not after)) & ((-away <= far) | (not before))                  # (T, T)
    real = mask[:, :, None] if rows else mask[:, None, :]
    return near & (real == 1) if padding else near.expand(len(mask), -1, -1)


def one_head(query, key, value, may, power=0.5, axis=-1, before=None, after=None):
    """Attention with columns that may be looked at, or with a wrong step: -> (mix, shares)."""
    scores = query @ key.transpose(1, 2) / query.shape[-1] ** power                     # (B, T, T)
    scores = scores * may if before == "times" else scores
    scores = scores if before or after else scores.masked_fill(~may, float("-inf"))
    shares = scores.softmax(dim=axis)
    shares = shares * may if after else shares
    return shares @ value, shares


def so(**how):
    """An answer with a wrong step."""
    return lambda query, key, value, mask, window: one_head(
        query, key, value, allowed(mask, window), **how)


def reach(**how):
    """An answer that lets tokens look at other columns."""
    return lambda query, key, value, mask, window: one_head(
        query, key, value, allowed(mask, window, **how))


@function(
    cases=heads,
    mistakes={
        "the scores are not scaled: divide them by the root of n, the head's numbers": so(power=0),
        "you divided by n: it is the root of n": so(power=1),
        "you set shares to 0 after the softmax, so a row no longer sums to 1: the scores of the "
        "forbidden columns become −∞ before it": so(after=True),
        "you multiplied the scores by 0: exp of a score of 0 is 1, and a share is left. "
        "Put −∞ there": so(before="times"),
        "the softmax goes over the wrong axis: each row, a token that looks, sums to 1":
            so(axis=-2),
        "the mask hides rows here: padding may look where it likes, but nobody may look at it, "
        "so hide *columns*, mask[:, None, :]": reach(rows=True),
        "the window is missing: a token looks at `window` places to either side and no further":
            reach(before=False, after=False),
        "the mask is missing: padding inside the window gets shares too": reach(padding=False),
        "the window is too narrow: at a distance of exactly `window` a token is still seen":
            reach(strict=True),
        "you look back only: the window reaches `window` places to either side":
            lambda query, key, value, mask, window: one_head(
                query, key, value, allowed(mask, window).tril()),
        "you limit one side only: take the distance without its sign, abs()":
            reach(before=False),
        "you limit one side only: take abs() of the distance": reach(after=False),
        "the values are not mixed: mix is shares @ value":
            lambda query, key, value, mask, window: (
                value, one_head(query, key, value, allowed(mask, window))[1]),
        "the order is (mix, shares)":
            lambda query, key, value, mask, window: one_head(
                query, key, value, allowed(mask, window))[::-1],
    },
    remember="What may look at what is decided before the softmax, by −∞. Padding, a window and "
             "the causal mask of a language model are all the same line with another table.",
    hints=("two tables of True and False, one for the window, (T, T), and one for the real "
           "columns, (B, 1, T): a score stays where both say True",
           "place = torch.arange(T); near = (place[:, None] - place).abs() <= window; then "
           "scores.masked_fill(~(near & (mask[:, None, :] == 1)), float('-inf'))"),
)
def attend_near(query, key, value, mask, window):
    """write attend_near(query, key, value, mask, window) for one head, (B, T, n) each: -> (mix,
    shares). A token looks at real tokens only, at most `window` places away.
    """
    return one_head(query, key, value, allowed(mask, window))


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


def two_intervals(before, after, most):
    """Compares the ends of two intervals."""
    (low, high), (low_after, high_after) = bootstrap_interval(before), bootstrap_interval(after)
    return said(low_after - high, high_after - low, most)


def change(before, after):
    """The interval of the differences."""
    return bootstrap_interval(after - before)


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
                *bootstrap_interval(np.minimum(after - before, 0)), most),
        "you compared two intervals: subtract question by question, then take one interval":
            two_intervals,
        "this is the interval of `after` alone: it says how good the rest is, not what is lost":
            lambda before, after, most: said(*bootstrap_interval(after), most),
        "you divided by what was found before: most is a share of all questions":
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
