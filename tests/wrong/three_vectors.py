"""Wrong answers that people give in notebook 10, and the words that name the mistake."""
import numpy as np
import torch


def lexical(weights, texts):
    return torch.tensor([float(sum(w * text[i] for i, w in weights.items() if i in text))
                         for text in texts])


def late(query, padded, real):
    table = query @ padded.transpose(1, 2)                                          # (P, n, M)
    return table.masked_fill(~real[:, None], -torch.inf).amax(dim=2).mean(dim=1)    # (P,)


def forgot_to_map(weights, query, texts, padded, real, k):
    top = lexical(weights, texts).topk(k).indices
    return late(query, padded[top], real[top]).argsort(descending=True)


def not_reranked(weights, query, texts, padded, real, k):
    return lexical(weights, texts).topk(k).indices


def all_scored(weights, query, texts, padded, real, k):
    return late(query, padded, real).topk(k).indices


def ascending_first(weights, query, texts, padded, real, k):
    top = lexical(weights, texts).argsort()[:k]
    return top[late(query, padded[top], real[top]).argsort(descending=True)]


def worst_first(weights, query, texts, padded, real, k):
    top = lexical(weights, texts).topk(k).indices
    return top[late(query, padded[top], real[top]).argsort()]


def shared_counted(weights, query, texts, padded, real, k):
    places = sorted(range(len(texts)), key=lambda i: -sum(j in texts[i] for j in weights))[:k]
    top = torch.tensor(places)
    return top[late(query, padded[top], real[top]).argsort(descending=True)]


def one_sided(weights, query, texts, padded, real, k):
    top = lexical(dict.fromkeys(weights, 1.0), texts).topk(k).indices
    return top[late(query, padded[top], real[top]).argsort(descending=True)]


def padding_wins(weights, query, texts, padded, real, k):
    top = lexical(weights, texts).topk(k).indices
    return top[late(query, padded[top], real[top] | True).argsort(descending=True)]


def padding_as_zero(weights, query, texts, padded, real, k):
    top = lexical(weights, texts).topk(k).indices
    clean = (padded * real[:, :, None])[top]
    return top[late(query, clean, real[top] | True).argsort(descending=True)]


def passage_asks(weights, query, texts, padded, real, k):
    top = lexical(weights, texts).topk(k).indices.tolist()
    return sorted(top, key=lambda i: -(padded[i][real[i]] @ query.T).amax(dim=1).mean())


def no_maximum(weights, query, texts, padded, real, k):
    top = lexical(weights, texts).topk(k).indices.tolist()
    return sorted(top, key=lambda i: -(padded[i][real[i]] @ query.T).mean())


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


def never_divided(hits, kinds, shares, weights):
    each = np.array([shares[kind] for kind in kinds])
    best = (hits * each)[:, ::2].sum(axis=1).argmax()
    return weights[best], (hits * each)[best, 1::2].sum()


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
        (forgot_to_map, "places among the k candidates"),
        (not_reranked, "order of the first search"),
        (all_scored, "scored all passages"),
        (ascending_first, "k worst"),
        (worst_first, "worst candidate comes first"),
        (shared_counted, "counted the shared tokens"),
        (one_sided, "passage's weights alone"),
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
        (never_divided, "sum over questions"),
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
