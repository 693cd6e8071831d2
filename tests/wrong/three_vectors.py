"""Wrong answers that people give in notebook 10, and the words that name the mistake."""
import torch


def forgot_to_map(query, dense, passages, k):
    top = dense.topk(k).indices
    late = torch.stack([(query @ passages[i].T).max(dim=1).values.mean() for i in top])
    return late.argsort(descending=True)


def not_reranked(query, dense, passages, k):
    return dense.topk(k).indices


def all_scored(query, dense, passages, k):
    late = torch.stack([(query @ passage.T).amax(dim=1).sum() for passage in passages])
    return late.topk(k).indices


def ascending_first(query, dense, passages, k):
    top = dense.argsort()[:k]
    late = torch.stack([(query @ passages[i].T).amax(dim=1).mean() for i in top])
    return top[late.argsort(descending=True)]


def worst_first(query, dense, passages, k):
    top = dense.topk(k).indices.tolist()
    return sorted(top, key=lambda i: (query @ passages[i].T).amax(dim=1).mean())


def passage_asks(query, dense, passages, k):
    top = dense.topk(k).indices.tolist()
    return sorted(top, key=lambda i: -(passages[i] @ query.T).amax(dim=1).mean())


def no_maximum(query, dense, passages, k):
    top = dense.topk(k).indices.tolist()
    return sorted(top, key=lambda i: -(query @ passages[i].T).mean())


def one_maximum(query, dense, passages, k):
    top = dense.topk(k).indices.tolist()
    return sorted(top, key=lambda i: -(query @ passages[i].T).max())


def both_scores(query, dense, passages, k):
    top = dense.topk(k).indices.tolist()
    return sorted(top, key=lambda i: -(dense[i] + (query @ passages[i].T).amax(dim=1).mean()))


def hits(dense, lexical, right, weights):
    mixed = [(1 - weight) * dense + weight * lexical for weight in weights]
    return torch.stack([scores.argmax(dim=1) == right for scores in mixed]).float()     # (W, Q)


def same_half(dense, lexical, right, weights):
    found = hits(dense, lexical, right, weights)[:, ::2].mean(dim=1)
    return weights[found.argmax()], found.max()


def chosen_on_all(dense, lexical, right, weights):
    found = hits(dense, lexical, right, weights)
    best = found.sum(dim=1).argmax()
    return weights[best], found[best, 1::2].mean()


def judged_on_all(dense, lexical, right, weights):
    found = hits(dense, lexical, right, weights)
    best = found[:, ::2].sum(dim=1).argmax()
    return weights[best], found[best].mean()


def no_halves(dense, lexical, right, weights):
    found = hits(dense, lexical, right, weights).mean(dim=1)
    return weights[found.argmax()], found.max()


def other_half(dense, lexical, right, weights):
    found = hits(dense, lexical, right, weights)[:, 1::2].mean(dim=1)
    return weights[found.argmax()], found.max()


def exchanged(dense, lexical, right, weights):
    found = hits(dense, lexical, right, weights)
    best = found[:, 1::2].mean(dim=1).argmax()
    return weights[best], found[best, ::2].mean()


def weight_on_dense(dense, lexical, right, weights):
    found = hits(lexical, dense, right, weights)
    best = found[:, ::2].mean(dim=1).argmax()
    return weights[best], found[best, 1::2].mean()


def its_place(dense, lexical, right, weights):
    found = hits(dense, lexical, right, weights)
    best = found[:, ::2].mean(dim=1).argmax()
    return best, found[best, 1::2].mean()


def counted(dense, lexical, right, weights):
    found = hits(dense, lexical, right, weights)
    best = found[:, ::2].sum(dim=1).argmax()
    return weights[best], found[best, 1::2].sum()


def last_of_equal(dense, lexical, right, weights):
    found, best = hits(dense, lexical, right, weights), 0
    for i in range(len(weights)):
        if found[i, ::2].sum() >= found[best, ::2].sum():
            best = i
    return weights[best], found[best, 1::2].mean()


WRONG = {
    "rerank": [
        (forgot_to_map, "places among the k candidates"),
        (not_reranked, "order of the first search"),
        (all_scored, "scored all passages"),
        (ascending_first, "k worst"),
        (worst_first, "worst candidate comes first"),
        (passage_asks, "wrong axis"),
        (no_maximum, "no maximum"),
        (one_maximum, "one maximum"),
        (both_scores, "added the first search's score"),
    ],
    "best_weight": [
        (same_half, "half on which you chose"),
        (chosen_on_all, "chose on all"),
        (no_halves, "chose and judged on all"),
        (judged_on_all, "judged on all questions, those"),
        (other_half, "half that judges"),
        (exchanged, "exchanged"),
        (weight_on_dense, "went to the dense scores"),
        (its_place, "place of the weight"),
        (counted, "you counted"),
        (last_of_equal, "equally many"),
    ],
}
