"""Wrong answers that people give in notebook 05, and the words that name the mistake."""
import numpy as np
import torch

from helpers import bootstrap_interval


def ends_of_the_row(hidden, mask):
    return torch.stack([h[1:-1][m[1:-1] == 1].mean(dim=0)
                        for h, m in zip(hidden, mask, strict=True)])


def divided_by_all(hidden, mask):
    sums = [h[m == 1][1:-1].sum(dim=0) / m.sum() for h, m in zip(hidden, mask, strict=True)]
    return torch.stack(sums)


def kept_sep(hidden, mask):
    return torch.stack([h[m == 1][1:].mean(dim=0) for h, m in zip(hidden, mask, strict=True)])


def kept_both(hidden, mask):
    return torch.einsum("btd,bt->bd", hidden, mask.float()) / mask.sum(dim=1)[:, None]


def forgot_the_mask(hidden, mask):
    return hidden.sum(dim=1) / hidden.shape[1]


def larger_share(hits_a, hits_b):
    a, b = sum(hits_a), sum(hits_b)
    return "cannot tell" if a == b else "a" if a > b else "b"


def overlapping_intervals(hits_a, hits_b):
    (low_a, high_a), (low_b, high_b) = bootstrap_interval(hits_a), bootstrap_interval(hits_b)
    return "a" if low_a > high_b else "b" if low_b > high_a else "cannot tell"


def b_minus_a(hits_a, hits_b):
    low, high = bootstrap_interval(hits_b - hits_a)
    return "cannot tell" if low <= 0 <= high else "a" if low > 0 else "b"


def ends_at_zero(hits_a, hits_b):
    low, high = bootstrap_interval(hits_a - hits_b)
    return "b" if high < 0 else "a" if not low < 0 else "cannot tell"


def drawn_separately(hits_a, hits_b):
    dice = np.random.default_rng(7)
    rows = dice.integers(len(hits_a), size=(2, 10_000, len(hits_a)))
    low, high = np.quantile(hits_a[rows[0]].mean(1) - hits_b[rows[1]].mean(1), [0.025, 0.975])
    return "a" if low > 0 else "b" if high < 0 else "cannot tell"


WRONG = {
    "mean_without_special": [
        (ends_of_the_row, "column −1"),
        (divided_by_all, "no longer count"),
        (kept_sep, "first token only"),
        (kept_both, "leave out the first and the last"),
        (forgot_the_mask, "padding included"),
    ],
    "better": [
        (larger_share, "may be chance"),
        (overlapping_intervals, "may overlap"),
        (b_minus_a, "exchanged"),
        (ends_at_zero, "ends at 0"),
        (drawn_separately, "separately"),
    ],
}
