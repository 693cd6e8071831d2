"""Wrong answers that people give in notebook 06, and the words that name the mistake."""
import torch

from helpers.check.normalization import ENDS, closed_stores, scored


def worst_first(scores, itself):
    return sorted(range(len(scores)), key=lambda i: scores[i] if itself > 0.5 else -scores[i])


def by_zero(scores, itself):
    return torch.sort(scores, descending=bool(round(itself) != 0)).indices


def exactly_one(scores, itself):
    if itself == 1:
        return scores.argsort(descending=True)
    return scores.argsort()


def values(scores, itself):
    return sorted(scores.tolist(), reverse=round(itself) == 1)


def places(scores, itself):
    best = scores if itself > 0.5 else -scores
    return [int((best > one).sum()) for one in best]


def scores_of(store, *queries):
    """Each query's score with (1, 0), the only row."""
    store.add([[1.0, 0.0]])
    return [round(store.search(query, 1)[0][0], 2) for query in queries]


def one_minute(store):
    seen = tuple(scores_of(store, [1.0, 0.0], [0.0, 1.0]))
    return {(1, 0): "dot", (0, 1): "1 - cosine", (0, 1.41): "d", (0, 2): "d²"}[seen]


def one_minute_cosine(store):
    return one_minute(store).replace("dot", "cosine")


def opposite(two):
    """(1, 0) and its opposite, whose 2 may be d or 1 − cosine."""
    def answer(store):
        itself, other, longer = scores_of(store, [1.0, 0.0], [-1.0, 0.0], [2.0, 0.0])
        return {0: two if other == 2 else "d²", 1: "dot" if longer == 2 else "cosine"}[itself]
    return answer


def apart(name):
    """(2, 0) is 1 away from (1, 0), and 1 is its own square."""
    def answer(store):
        store.add([[2.0, 0.0]])
        near, other = (store.search(query, 1)[0][0] for query in ([1.0, 0.0], [0.0, 1.0]))
        return {2: "dot", 0: "1 - cosine"}.get(near) or (name if other else "cosine")
    return answer


def itself_alone(name):
    """What a vector of norm 2 gives itself: 4, 1, or 0 by three distances."""
    def answer(store):
        store.add([[2.0, 0.0]])
        return {4: "dot", 1: "cosine"}.get(round(store.search([2.0, 0.0], 1)[0][0]), name)
    return answer


WRONG = {
    "best_first": [
        (lambda scores, itself: torch.sort(scores).indices, "in every store: where"),
        (worst_first, "wrong way round"),
        (by_zero, "unless `itself` is 0"),
        (lambda scores, itself: (scores.abs() * (1 if abs(itself) < 0.5 else -1)).argsort(),
         "drop the sign"),
        (exactly_one, "exactly 1"),
        (lambda scores, itself: scores.argsort(descending=bool(itself > 0)), "above 0"),
        (values, "sorted scores"),
        (places, "the place of each row"),
    ],
    "metric_of": [
        (one_minute, "add a longer one"),
        (one_minute_cosine, "a cosine"),
        (opposite("d"), "1 − cosine for d:"),
        (opposite("1 - cosine"), "d for 1 − cosine"),
        (apart("d"), "d² for d"),
        (apart("d²"), "d for d²"),
        (itself_alone("d"), "each distance for d:"),
        (itself_alone("d²"), "each distance for d²"),
        (itself_alone("1 - cosine"), "each distance for 1 − cosine"),
        (lambda store: "dot" if scores_of(store, [1.0, 0.0])[0] == 1 else "d", "1 from 0"),
    ],
}


def many_scores(generator):
    return [scored(end, off, B, generator) for B in (2, 3, 5, 9) for end in ENDS
            for off in (0.0, 1e-7, -1e-7)]


WIDE = {"best_first": many_scores, "metric_of": closed_stores}
