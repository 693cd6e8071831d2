"""Wrong answers that people give in notebook 06, and the words that name the mistake."""
import torch

from helpers.check.normalization import TABLE, closed_stores, loose


def tested(is_similarity, which=lambda scores, ids: scores[ids.index(0)]):
    """The one-minute test, then a sort by what it says."""
    def answer(store, known, query):
        sign = -1 if is_similarity(which(*store.search(known))) else 1
        scores, ids = store.search(query)
        return torch.tensor(ids)[(sign * torch.tensor(scores)).argsort()]
    return answer


def as_they_came(store, known, query):
    return store.search(query)[1]


def without_signs(store, known, query):
    scores, ids = store.search(known)
    largest = round(abs(scores[ids.index(0)])) == 1
    hits = dict(zip(*reversed(store.search(query)), strict=True))
    return sorted(hits, key=lambda i: -abs(hits[i]) if largest else abs(hits[i]))


def values(store, known, query):
    scores, ids = store.search(known)
    itself = scores[ids.index(0)]
    return sorted(store.search(query)[0], key=lambda score: abs(score - itself))


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
        (tested(lambda itself: False), "in every store: where"),
        (tested(lambda itself: itself < 0.5), "wrong way round"),
        (tested(lambda itself: round(itself) != 0), "unless a vector gives itself 0"),
        (without_signs, "drop the sign"),
        (tested(lambda itself: itself == 1), "exactly 1"),
        (tested(lambda itself: itself > 0), "above 0"),
        (tested(lambda itself: itself > 0.5, lambda scores, ids: scores[0]), "the first hit's"),
        (as_they_came, "in which the hits came"),
        (values, "sorted scores"),
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


def many_stores(generator):
    return [loose(metric, off, B, generator) for B in (2, 3, 5, 9) for metric in TABLE
            for off in (0.0, 1e-7, -1e-7)]


WIDE = {"best_first": many_stores, "metric_of": closed_stores}
