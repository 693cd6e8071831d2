"""The exercises of notebook 08."""
import numpy as np
import torch
import torch.nn.functional as F

from helpers import bootstrap_interval
from helpers.check.judge import function

ATTENTION, FIRST, SECOND = "attention.output.LayerNorm", "intermediate.dense", "output.dense"
LAST = "output.LayerNorm"


def layers(generator):
    """What comes into a layer, (B, T, D), what attention gathered, and random weights."""
    cases = []
    for B, T, D, wide in [(1, 1, 4, 6), (1, 2, 4, 8), (2, 3, 6, 12), (1, 4, 8, 5), (3, 2, 12, 24)]:
        x, attended = torch.randn(2, B, T, D, generator=generator)
        shapes = {ATTENTION: (D,), FIRST: (wide, D), SECOND: (D, wide), LAST: (D,)}
        w = {f"{name}.weight": torch.randn(shape, generator=generator) + (len(shape) == 1)
             for name, shape in shapes.items()}
        w |= {f"{name}.bias": torch.randn(shape[0], generator=generator)
              for name, shape in shapes.items()}
        cases.append((x, attended, w))
    return cases


def norm(x, name, w):
    """LayerNorm by the numbers of that name."""
    return F.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"], 1e-12)


def work(x, w, bend=F.gelu, bias=1):
    """The feed-forward part, or one with a wrong step."""
    wide = bend(x @ w[FIRST + ".weight"].T + bias * w[FIRST + ".bias"])
    return wide @ w[SECOND + ".weight"].T + bias * w[SECOND + ".bias"]


def halves(first, second):
    """An answer made of its two halves: (x, attended, w) and (middle, x, w)."""
    return lambda x, attended, w: second(first(x, attended, w), x, w)


def middle(x, attended, w):
    """The first half: add, then LayerNorm."""
    return norm(x + attended, ATTENTION, w)


def end(y, _, w, **how):
    """The second half, perhaps with a wrong step in the feed-forward part."""
    return norm(y + work(y, w, **how), LAST, w)


def by(**how):
    """An answer with a wrong step in the feed-forward part."""
    return halves(middle, lambda y, _, w: end(y, _, w, **how))


@function(
    cases=layers,
    mistakes={
        "the first residual is missing: what attention gathered is added to x":
            halves(lambda x, attended, w: norm(attended, ATTENTION, w), end),
        "the second residual is missing: what the feed-forward part makes is added to what "
        "it was given": halves(middle, lambda y, _, w: norm(work(y, w), LAST, w)),
        "the second residual starts from the wrong state: add to what went into the "
        "feed-forward part, not to the x that came into the layer":
            halves(middle, lambda y, x, w: norm(x + work(y, w), LAST, w)),
        "the feed-forward part was given the wrong state: it works on what the first LayerNorm "
        "made": halves(middle, lambda y, x, w: norm(y + work(x, w), LAST, w)),
        "you normalize before you add: first the sum, then LayerNorm":
            halves(lambda x, attended, w: x + norm(attended, ATTENTION, w),
                   lambda y, _, w: y + norm(work(y, w), LAST, w)),
        "in the first half you normalize before you add: first the sum, then LayerNorm":
            halves(lambda x, attended, w: x + norm(attended, ATTENTION, w), end),
        "in the second half you normalize before you add: first the sum, then LayerNorm":
            halves(middle, lambda y, _, w: y + norm(work(y, w), LAST, w)),
        "the LayerNorm after attention is missing":
            halves(lambda x, attended, w: x + attended, end),
        "the LayerNorm at the end is missing": halves(middle, lambda y, _, w: y + work(y, w)),
        "you took the same LayerNorm twice: each half has its own": halves(
            middle, lambda y, _, w: norm(y + work(y, w), ATTENTION, w)),
        "the GELU is missing: without it two matrices are no more than one":
            by(bend=lambda wide: wide),
        "this is ReLU: the activation function here is GELU": by(bend=F.relu),
        "this is the approximation of GELU by tanh: the exact one uses erf":
            by(bend=lambda wide: F.gelu(wide, approximate="tanh")),
        "GELU stands after the second matrix: it belongs between the two": halves(
            middle, lambda y, _, w: norm(y + F.gelu(work(y, w, lambda wide: wide)), LAST, w)),
        "the biases are missing: each product adds one": by(bias=0),
        "only the first half is there: the feed-forward part follows": middle,
    },
    remember="Add, normalize, work on each token alone, add, normalize: with attention before it, "
             "that is a whole layer, and an encoder is the same lines L times.",
    hints=("two halves, each of the form layer_norm(old + new, name, w); the second starts from "
           "what the first made",
           "the new part of the second half: linear to intermediate.dense, gelu, linear to "
           "output.dense"),
    atol=1e-4,
)
def my_layer(x, attended, w):
    """write my_layer(x, attended, w): what comes out of a layer, (B, T, D). x came into the layer,
    attended is what attention made of it; w holds the layer's raw weights by their names.
    """
    return end(middle(x, attended, w), x, w)


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
