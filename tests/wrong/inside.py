"""Wrong answers that people give in notebook 08, and the words that name the mistake."""
import numpy as np
import torch

from helpers import bootstrap_interval

NEVER = float("-inf")


def answer(scale=lambda n: n ** 0.5, columns="btj", near=lambda away, window: away.abs() <= window,
           hide=None, dim=-1, out=lambda shares, value: (shares @ value, shares)):
    """attend_near, written another way than in helpers.check, with a step changed."""
    def attend_near(query, key, value, mask, window):
        scores = torch.einsum("bin,bjn->bij", query, key) / scale(query.size(-1))
        place = torch.arange(scores.size(1))
        real = mask.bool()[:, None] if columns == "btj" else mask.bool()[:, :, None]
        may = near(place[None] - place[:, None], window) & real         # (B, T, T)
        if hide:
            return out(hide(scores, may), value)
        return out(torch.where(may, scores, NEVER).softmax(dim), value)
    return attend_near


def no_mask(query, key, value, mask, window):
    return answer()(query, key, value, torch.ones_like(mask), window)


def judge(line):
    """can_go from (low, high, most) of the interval of the differences."""
    return lambda before, after, most: line(*bootstrap_interval(after - before), most)


def rule(low, high, most):
    return "no" if high < -most else "cannot tell" if low < -most else "yes"


def by_the_mean(before, after, most):
    return "yes" if before.mean() - after.mean() <= most else "no"


def lost_alone(before, after, most):
    lost = (before == 1) & (after == 0)
    low, high = bootstrap_interval(lost)
    return rule(-high, -low, most)


def apart(before, after, most):
    (a, b), (c, d) = bootstrap_interval(before), bootstrap_interval(after)
    return rule(c - b, d - a, most)


def of_those_found(before, after, most):
    low, high = bootstrap_interval(after - before)
    return rule(low / before.mean(), high / before.mean(), most)


WRONG = {
    "attend_near": [
        (answer(scale=lambda n: 1), "not scaled"),
        (answer(scale=lambda n: n), "the root of n"),
        (answer(hide=lambda scores, may: scores.softmax(-1) * may), "after the softmax"),
        (answer(hide=lambda scores, may: (scores * may).softmax(-1)), "multiplied the scores"),
        (answer(dim=1), "wrong axis"),
        (answer(columns="bti"), "hide *columns*"),
        (answer(near=lambda away, window: away < 99), "the window is missing"),
        (no_mask, "the mask is missing"),
        (answer(near=lambda away, window: away.abs() < window), "too narrow"),
        (answer(near=lambda away, window: (away <= 0) & (away >= -window)), "look back only"),
        (answer(near=lambda away, window: away <= window), "one side only"),
        (answer(near=lambda away, window: away >= -window), "one side only"),
        (answer(out=lambda shares, value: (value, shares)), "not mixed"),
        (answer(out=lambda shares, value: (shares, shares @ value)), "the order is"),
    ],
    "can_go": [
        (judge(lambda low, high, most: "yes" if high >= 0 else rule(low, high, most)),
         "an interval that includes 0"),
        (judge(lambda low, high, most: rule(low, high, 0)), "is not used"),
        (by_the_mean, "by the mean alone"),
        (judge(lambda low, high, most: "no" if high < -most else "yes"), "the better end"),
        (judge(lambda low, high, most: "no" if low < -most else "yes"), "for both answers"),
        (lambda before, after, most: rule(*bootstrap_interval(before - after), most),
         "turned around"),
        (lost_alone, "and not the won ones"),
        (apart, "two intervals"),
        (lambda before, after, most: rule(*bootstrap_interval(after), most), "`after` alone"),
        (of_those_found, "share of all questions"),
    ],
}


def more_heads(generator):
    cases = []
    for B, T, n, window in [(1, 1, 1, 0), (2, 3, 2, 1), (2, 4, 8, 0), (3, 7, 4, 2), (2, 5, 16, 9)]:
        query, key, value = torch.randn(3, B, T, n, generator=generator)
        mask = torch.ones(B, T, dtype=torch.long)
        mask[-1, T - min(window, T - 1):] = 0
        cases.append((query, key, value, mask, window))
    return cases


def more_ablations(generator):
    cases = []
    for n, most in [(20, 0.05), (40, 0.1), (100, 0.03), (214, 0.05), (214, 0.2)]:
        drawn = torch.rand(3, n, generator=generator).numpy()
        before = (drawn[0] < 0.7) * 1.0
        after = np.where(drawn[1] < 0.1, drawn[2] < 0.2, before) * 1.0
        cases += [(before, after, most), (after, before, most)]
    return cases


WIDE = {"attend_near": more_heads, "can_go": more_ablations}
