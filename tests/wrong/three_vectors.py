"""Wrong answers that people give in notebook 10, and the words that name the mistake."""
import numpy as np
import torch


def late(query, padded, real):
    table = query @ padded.transpose(1, 2)                                          # (P, n, M)
    return table.masked_fill(~real[:, None], -torch.inf).amax(dim=2).mean(dim=1)    # (P,)


def two(dense, lexical, k):
    return torch.cat([dense.topk(k).indices, lexical.topk(k).indices]).unique()


def sorted_by(places, query, padded, real, descending=True):
    return places[late(query, padded[places], real[places]).argsort(descending=descending)]


def forgot_to_map(dense, lexical, query, padded, real, k):
    some = two(dense, lexical, k)
    return late(query, padded[some], real[some]).argsort(descending=True)


def not_reranked(dense, lexical, query, padded, real, k):
    return list(dict.fromkeys([*dense.topk(k).indices.tolist(), *lexical.topk(k).indices.tolist()]))


def in_the_order_of_places(dense, lexical, query, padded, real, k):
    return two(dense, lexical, k)


def all_scored(dense, lexical, query, padded, real, k):
    return late(query, padded, real).argsort(descending=True)


def dense_alone(dense, lexical, query, padded, real, k):
    return sorted_by(dense.topk(k).indices, query, padded, real)


def lexical_alone(dense, lexical, query, padded, real, k):
    return sorted_by(lexical.topk(k).indices, query, padded, real)


def counted_twice(dense, lexical, query, padded, real, k):
    some = torch.cat([dense.topk(k).indices, lexical.topk(k).indices])
    order = late(query, padded[some], real[some]).argsort(descending=True, stable=True)
    return some[order]


def in_both(dense, lexical, query, padded, real, k):
    some = sorted({*dense.topk(k).indices.tolist()} & {*lexical.topk(k).indices.tolist()})
    return sorted_by(torch.tensor(some, dtype=torch.long), query, padded, real) if some else []


def mixed_first(dense, lexical, query, padded, real, k):
    return sorted_by((dense + lexical).topk(k).indices, query, padded, real)


def cut_to_k(dense, lexical, query, padded, real, k):
    return sorted_by(two(dense, lexical, k), query, padded, real)[:k]


def worst_first(dense, lexical, query, padded, real, k):
    return sorted_by(two(dense, lexical, k), query, padded, real, descending=False)


def padding_wins(dense, lexical, query, padded, real, k):
    return sorted_by(two(dense, lexical, k), query, padded, real | True)


def padding_as_zero(dense, lexical, query, padded, real, k):
    return sorted_by(two(dense, lexical, k), query, padded * real[:, :, None], real | True)


def passage_asks(dense, lexical, query, padded, real, k):
    return sorted(two(dense, lexical, k).tolist(),
                  key=lambda i: -(padded[i][real[i]] @ query.T).amax(dim=1).mean())


def no_maximum(dense, lexical, query, padded, real, k):
    return sorted(two(dense, lexical, k).tolist(),
                  key=lambda i: -(padded[i][real[i]] @ query.T).mean())


def seen(hits, kinds, shares, half):
    kinds = np.array(kinds)[half]
    return sum(shares[kind] * hits[:, half][:, kinds == kind].mean(axis=1) for kind in shares)


EVEN, ODD = slice(0, None, 2), slice(1, None, 2)


def our_shares(hits, kinds, shares, weights):
    best = hits[:, ::2].sum(axis=1).argmax()
    return weights[best], hits[best, 1::2].mean()


def chosen_by_ours(hits, kinds, shares, weights):
    best = hits[:, ::2].mean(axis=1).argmax()
    return weights[best], seen(hits, kinds, shares, ODD)[best]


def judged_by_ours(hits, kinds, shares, weights):
    best = seen(hits, kinds, shares, EVEN).argmax()
    return weights[best], hits[best, 1::2].mean()


def weighed_each(hits, kinds, shares, weights):
    each = np.array([shares[kind] for kind in kinds])
    best = (hits * each)[:, ::2].sum(axis=1).argmax()
    return weights[best], np.average(hits[best, 1::2], weights=each[1::2])


def all_alike(hits, kinds, shares, weights):
    alike = {kind: 1 / len(shares) for kind in shares}
    best = seen(hits, kinds, alike, EVEN).argmax()
    return weights[best], seen(hits, kinds, alike, ODD)[best]


def same_half(hits, kinds, shares, weights):
    found = seen(hits, kinds, shares, EVEN)
    return weights[found.argmax()], found.max()


def chosen_on_all(hits, kinds, shares, weights):
    best = seen(hits, kinds, shares, slice(None)).argmax()
    return weights[best], seen(hits, kinds, shares, ODD)[best]


def no_halves(hits, kinds, shares, weights):
    found = seen(hits, kinds, shares, slice(None))
    return weights[found.argmax()], found.max()


def other_half(hits, kinds, shares, weights):
    found = seen(hits, kinds, shares, ODD)
    return weights[found.argmax()], found.max()


def exchanged(hits, kinds, shares, weights):
    best = seen(hits, kinds, shares, ODD).argmax()
    return weights[best], seen(hits, kinds, shares, EVEN)[best]


def its_place(hits, kinds, shares, weights):
    best = seen(hits, kinds, shares, EVEN).argmax()
    return best, seen(hits, kinds, shares, ODD)[best]


def last_of_equal(hits, kinds, shares, weights):
    found, best = seen(hits, kinds, shares, EVEN), 0
    for i in range(len(weights)):
        if found[i] >= found[best]:
            best = i
    return weights[best], seen(hits, kinds, shares, ODD)[best]


WRONG = {
    "rerank": [
        (forgot_to_map, "places among the candidates"),
        (not_reranked, "not in the order of their MaxSim"),
        (in_the_order_of_places, "order of their places"),
        (all_scored, "scored all passages"),
        (dense_alone, "only the dense"),
        (lexical_alone, "only the lexical"),
        (counted_twice, "stands twice"),
        (in_both, "only passages that are in both"),
        (mixed_first, "added the two scores"),
        (cut_to_k, "only the first k"),
        (worst_first, "worst candidate comes first"),
        (padding_wins, "padding entered the maximum:"),
        (padding_as_zero, "padding entered the maximum, as 0"),
        (passage_asks, "wrong axis"),
        (no_maximum, "no maximum"),
    ],
    "best_weight": [
        (our_shares, "shares of *our* questions: use"),
        (chosen_by_ours, "chose by the shares of *our*"),
        (judged_by_ours, "judged by ours"),
        (weighed_each, "weighs too much"),
        (all_alike, "weigh alike"),
        (same_half, "half on which you chose"),
        (chosen_on_all, "chose on all"),
        (no_halves, "chose and judged on all"),
        (other_half, "half that judges"),
        (exchanged, "exchanged"),
        (its_place, "place of the weight"),
        (last_of_equal, "equally good"),
    ],
}
