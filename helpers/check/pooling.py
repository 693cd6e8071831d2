"""The exercises of notebook 05."""
import numpy as np
import torch

from helpers import bootstrap_interval
from helpers.check.judge import function


def batches(generator):
    """Hidden states and masks, the smallest first: two special tokens and a word at least."""
    cases = []
    for B, T, D in [(1, 3, 1), (1, 4, 1), (2, 4, 2), (3, 6, 2), (4, 9, 3)]:
        counts = torch.randint(3, T + 1, (B,), generator=generator)
        counts[0] = T if T == 3 else T - 1
        mask = (torch.arange(T) < counts[:, None]).long()                                   # (B, T)
        cases.append((torch.randint(-9, 10, (B, T, D), generator=generator).float(), mask))
    return cases


def column_minus_one(hidden, mask):
    """Leaves out the first and the last column."""
    words = mask.clone()
    words[:, 0] = words[:, -1] = 0
    return _mean(hidden, words)


def by_original_count(hidden, mask):
    """Divides by the count of all real tokens."""
    words = _words(mask)
    return _mean(hidden, words) * words.sum(1, keepdim=True) / mask.sum(1, keepdim=True)


def only_cls_left_out(hidden, mask):
    """Leaves out the first token alone."""
    words = mask.clone()
    words[:, 0] = 0
    return _mean(hidden, words)


def _mean(hidden, mask):
    """The mean over the tokens in the mask."""
    weights = mask.unsqueeze(-1).float()                                                 # (B, T, 1)
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1)                               # (B, D)


def _words(mask):
    """The mask without the first and the last real token of each row."""
    return mask * (mask.cumsum(1) > 1) * (mask.flip(1).cumsum(1).flip(1) > 1)               # (B, T)


@function(
    cases=batches,
    mistakes={
        "you left out column −1, padding for short texts: leave out each row's last *real* token":
            column_minus_one,
        "you divided by the number of all real tokens: the two special ones no longer count":
            by_original_count,
        "you left out the first token only: the last real token of each row is special too":
            only_cls_left_out,
        "this is the mean of all real tokens: leave out the first and the last of them": _mean,
        "you averaged over all places, padding included: start from the mask":
            lambda hidden, mask: hidden.mean(dim=1),
    },
    remember="A mask can leave out anything: a pooling is a choice of tokens and of weights.",
    hints=("in a copy, mask.clone(), set two places of each row to 0: the first, and its last 1",
           "the last real token of row i stands at mask.sum(dim=1)[i] - 1; with that mask, "
           "mean_pool does the rest"),
)
def mean_without_special(hidden, mask):
    """write mean_without_special(hidden, mask), the mean of the real tokens but first and last."""
    rows = [hidden[i, 1:int(mask[i].sum()) - 1].mean(dim=0) for i in range(len(hidden))]
    return torch.stack(rows)                                                                # (B, D)


def pairs(generator):
    """Who found what, a and b on the same questions, in any order: the smallest first."""
    cases = []
    for counts in [(2, 0, 0, 0), (3, 1, 0, 0), (9, 4, 0, 3), (9, 0, 5, 6), (8, 7, 0, 5),
                   (20, 5, 3, 12)]:             # found by both, by a alone, by b alone, by neither
        hits = np.repeat([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], counts, axis=0)  # (n, 2)
        cases.append(tuple(hits[torch.randperm(len(hits), generator=generator)].T.copy()))  # (n,)
    return cases


def _said(low, high):
    """What an interval of a − b says."""
    return "a" if low > 0 else "b" if high < 0 else "cannot tell"


def two_intervals(a, b):
    """Asks if the two intervals overlap."""
    (low_a, high_a), (low_b, high_b) = bootstrap_interval(a), bootstrap_interval(b)
    return _said(low_a - high_b, high_a - low_b)


def drawn_apart(a, b):
    """Draws other questions for a than for b."""
    rows = np.random.default_rng(1).integers(len(a), size=(2, 10_000, len(a)))
    return _said(*np.quantile((a[rows[0]] - b[rows[1]]).mean(axis=1), [0.025, 0.975]))


@function(
    cases=pairs,
    mistakes={
        "you compared the two shares: a difference of one question may be chance":
            lambda a, b: _said(a.mean() - b.mean(), a.mean() - b.mean()),
        "you compared two intervals, which may overlap: subtract question by question":
            two_intervals,
        "you drew for a and for b separately: subtract question by question first": drawn_apart,
        "you have exchanged a and b": lambda a, b: _said(*bootstrap_interval(b - a)),
        "an interval that ends at 0 contains it":
            lambda a, b: _said(*np.add(bootstrap_interval(a - b), 1e-9)),
    },
    remember="The interval of the paired differences decides, and \"cannot tell\" is an answer.",
    hints=("hits_a - hits_b is 1 where only a found it, −1 where only b did: take its interval",
           "a is better if the interval lies above 0, b if it lies below; else nobody can tell"),
)
def better(hits_a, hits_b):
    """write better(hits_a, hits_b), which returns "a", "b" or "cannot tell"."""
    return _said(*bootstrap_interval(hits_a - hits_b))
