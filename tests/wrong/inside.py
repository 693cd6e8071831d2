"""Wrong answers that people give in notebook 08, and the words that name the mistake."""
import numpy as np
import torch

from helpers.check.inside import interval


def answer(look=lambda t, T: range(t + 1), scale=lambda T, k: k ** 0.5, unseen=None, late=False):
    """causal, written token by token, with a step changed. `unseen`: the score of who is hidden."""
    def causal(query, key, value):
        (T, k), mix = query.shape, []
        for t in range(T):
            seen = range(T) if unseen is not None or late else look(t, T)
            scores = torch.stack([query[t] @ key[s] / scale(T, k) for s in seen]) if len(seen) \
                else torch.full((1,), torch.nan)
            if unseen is not None:
                scores[t + 1:] = unseen
            shares = torch.exp(scores) / torch.exp(scores).sum()
            if late:
                shares = torch.where(torch.arange(T) <= t, shares, 0)
            mix.append(shares @ (value[list(seen)] if len(seen) else value[:1]))
        return torch.stack(mix)
    return causal


def table(query, key):
    scores = torch.einsum("tk,sk->ts", query, key) / len(query[0]) ** 0.5
    scores[tuple(torch.triu_indices(*scores.shape, offset=1))] = float("-inf")
    return scores


def judge(line):
    """can_go from (low, high, most) of the interval of the differences."""
    return lambda before, after, most: line(*interval(after - before), most)


def rule(low, high, most):
    return "no" if high < -most else "cannot tell" if low < -most else "yes"


def by_the_mean(before, after, most):
    return "yes" if before.mean() - after.mean() <= most else "no"


def lost_alone(before, after, most):
    lost = (before == 1) & (after == 0)
    low, high = interval(lost)
    return rule(-high, -low, most)


def apart(before, after, most):
    (a, b), (c, d) = interval(before), interval(after)
    return rule(c - b, d - a, most)


def of_those_found(before, after, most):
    low, high = interval(after - before)
    return rule(low / before.mean(), high / before.mean(), most)


WRONG = {
    "causal": [
        (answer(lambda t, T: range(T)), "still looks at later ones"),
        (answer(lambda t, T: range(t, T)), "turned around"),
        (answer(lambda t, T: range(t)), "may look at itself"),
        (answer(lambda t, T: range(min(t + 2, T))), "reaches one too far"),
        (answer(unseen=0), "exp(0) is 1"),
        (answer(late=True), "no longer sums to 1"),
        (answer(scale=lambda T, k: 1), "root of k is missing"),
        (answer(scale=lambda T, k: k), "not by k"),
        (answer(scale=lambda T, k: T ** 0.5), "root of T"),
        (lambda query, key, value: table(query, key).softmax(0) @ value, "wrong dimension"),
        (lambda query, key, value: table(query, key).softmax(1), "these are the shares"),
        (lambda query, key, value: table(key, query).softmax(1) @ value, "changed places"),
    ],
    "can_go": [
        (judge(lambda low, high, most: "yes" if high >= 0 else rule(low, high, most)),
         "an interval that includes 0"),
        (judge(lambda low, high, most: rule(low, high, 0)), "is not used"),
        (by_the_mean, "by the mean alone"),
        (judge(lambda low, high, most: "no" if high < -most else "yes"), "the better end"),
        (judge(lambda low, high, most: "no" if low < -most else "yes"), "for both answers"),
        (lambda before, after, most: rule(*interval(before - after), most),
         "turned around"),
        (lost_alone, "and not the won ones"),
        (apart, "two intervals"),
        (lambda before, after, most: rule(*interval(after), most), "`after` alone"),
        (of_those_found, "part of all questions"),
    ],
}


def more_heads(generator):
    return [tuple(torch.randn(3, T, k, generator=generator)) for T, k in [(1, 1), (2, 5), (7, 3)]]


def more_ablations(generator):
    cases = []
    for n, most in [(20, 0.05), (40, 0.1), (60, 0.03), (60, 0.2)]:
        drawn = torch.rand(3, n, generator=generator).numpy()
        before = (drawn[0] < 0.7) * 1.0
        after = np.where(drawn[1] < 0.1, drawn[2] < 0.2, before) * 1.0
        cases += [(before, after, most), (after, before, most)]
    return cases


WIDE = {"causal": more_heads, "can_go": more_ablations}
