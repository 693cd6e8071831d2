"""The exercises of notebook 10."""
import itertools

import torch

from helpers.check.judge import function


def texts(generator):
    """Ids of a text and their weights, as lists: the smallest first. Ids repeat, and some weights
    are 0.
    """
    cases = [([7], [0.5]), ([7, 7], [0.5, 0.2]), ([7, 7], [0.2, 0.5]), ([7, 8], [0.5, 0.0])]
    for count in (4, 8, 12):
        ids = torch.randint(5, 9, (count,), generator=generator)
        weights = torch.randint(0, 10, (count,), generator=generator) / 10
        cases.append((ids.tolist(), [round(weight, 1) for weight in weights.tolist()]))
    return cases


def gathered(ids, weights, combine):
    """All weights of each id that are not 0, made into one."""
    kept = [(i, weight) for i, weight in zip(ids, weights, strict=True) if weight > 0]
    return {i: combine([weight for j, weight in kept if j == i]) for i, _ in kept}


def of_neighbours(ids, weights):
    """The largest weight among neighbours with one id; of several such runs, the last."""
    runs = itertools.groupby(zip(ids, weights, strict=True), key=lambda pair: pair[0])
    found = [(i, max(weight for _, weight in run)) for i, run in runs]
    return {i: weight for i, weight in found if weight > 0}


def zeros_kept(ids, weights):
    """The largest weight of each id, also where it is 0."""
    return {i: max(weight for j, weight in zip(ids, weights, strict=True) if j == i) for i in ids}


@function(
    cases=texts,
    given=lambda ids, weights: gathered(ids, weights, lambda all_: all_[-1]),
    mistakes={
        "you add up the weights of a repeated token: keep the largest of them":
            lambda ids, weights: gathered(ids, weights, sum),
        "the first weight of a repeated token stays, even if a later one is larger: "
        "keep the largest":
            lambda ids, weights: gathered(ids, weights, lambda all_: all_[0]),
        "you keep the smallest weight of a repeated token: keep the largest":
            lambda ids, weights: gathered(ids, weights, min),
        "you average the weights of a repeated token: keep the largest of them":
            lambda ids, weights: gathered(ids, weights, lambda all_: sum(all_) / len(all_)),
        "tokens whose weight is 0 are still in it: leave them out, they would fill the dictionary":
            zeros_kept,
        "you compared with the token before: a repeated token may stand further off":
            of_neighbours,
    },
    remember="A repeated token counts once, with its largest weight, "
             "so repeating a word gains nothing.",
    hints=("try it on ids [7, 7] with weights [0.5, 0.2]: "
           "which of the two stays in the dictionary, and why that one?",
           "start from an empty dictionary, walk through the pairs: max(weight, found.get(i, 0)), "
           "if the weight is above 0"),
)
def collect(ids, weights):
    """repair collect(ids, weights): a token that stands in the text more than once keeps its
    largest weight.
    """
    return gathered(ids, weights, max)


def searches(generator):
    """A query, a padded passage and its mask: the smallest first. Padding on the right or left,
    sometimes tempting.
    """
    small = torch.tensor([[1.0, 0.0]]), torch.tensor([[-0.6, 0.8], [0.9, 0.4]])
    cases = [(*small, torch.tensor([1, 0])), (-small[0], small[1], torch.tensor([0, 1])),
             (small[0], torch.tensor([[0.6, 0.8], [0.8, 0.6], [0.0, 1.0]]), torch.ones(3).long())]
    for n, M, C in [(2, 4, 2), (3, 5, 2), (4, 6, 3), (3, 8, 2)]:
        mask = (torch.arange(M) < torch.randint(2, M, (1,), generator=generator)).long()      # (M,)
        vectors = torch.randn(n + M, C, generator=generator)
        cases.append((vectors[:n], vectors[n:], mask if C == 2 else mask.flip(0)))
    return cases


def _table(query, passage):
    """All products of the query's tokens with the passage's."""
    return query @ passage.T                                                                # (n, M)


def _without(query, passage, left_out):
    """All products, and −∞ where a token of the passage is left out."""
    return _table(query, passage).masked_fill(left_out, -torch.inf)                         # (n, M)


@function(
    cases=searches,
    mistakes={
        "padding takes part: a pad can be the best match. Use the mask before you take the maximum":
            lambda query, passage, mask: _table(query, passage).argmax(dim=1),
        "pads became 0, and 0 beats every negative number: make them −∞":
            lambda query, passage, mask: (_table(query, passage) * mask).argmax(dim=1),
        "wrong axis: this is the best query token of each place, "
        "wanted is the best place for each query token":
            lambda query, passage, mask: _without(query, passage, mask == 0).argmax(dim=0),
        "wrong axis, and padding takes part: take the maximum over the passage's tokens, "
        "after masking":
            lambda query, passage, mask: _table(query, passage).argmax(dim=0),
        "these are the best values: wanted are their places, argmax in place of amax":
            lambda query, passage, mask: _without(query, passage, mask == 0).amax(dim=1),
        "you took the padding out first, so the places are counted without it: "
        "count in `passage` as it is":
            lambda query, passage, mask: _table(query, passage[mask == 1]).argmax(dim=1),
        "you turned the mask around: the pads are searched and the tokens are left out":
            lambda query, passage, mask: _without(query, passage, mask == 1).argmax(dim=1),
    },
    remember="Late interaction shows its work: you can point at the token that answered each token "
             "of the query.",
    hints=("begin with the table of all products, query @ passage.T, shape (n, M). "
           "Which of its columns are padding?",
           "table.masked_fill(mask == 0, float(\"-inf\")) makes the pads lose; "
           "then argmax over the axis that has M places"),
)
def matches(query, passage, mask):
    """write matches(query, passage, mask): for each query token, the place of its best match among
    the real tokens.
    """
    real = mask.nonzero().flatten().tolist()
    best = [max(real, key=lambda place: (token @ passage[place]).item()) for token in query]
    return torch.tensor(best)                                                               # (n,)
