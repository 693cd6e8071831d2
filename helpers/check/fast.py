"""The exercises of notebook 12."""
import itertools

import torch

from helpers.check.judge import function


def texts_and_batches(generator):
    """Lengths and a number of batches; few texts first."""
    cases = [([9, 2], 1), ([2, 9, 3], 2), ([8, 1, 7, 2, 8, 7, 3], 2), ([4, 9, 9, 5, 1, 8], 3),
             ([1, 2, 3, 4, 6, 20], 2), ([3, 5, 4], 3)]
    for n, k in [(8, 2), (9, 3), (9, 4)]:
        cases.append((torch.randint(1, 40, (n,), generator=generator).tolist(), k))
    return cases


def plans(order, k):
    """All ways to cut these lengths into k batches of neighbours."""
    for cuts in itertools.combinations(range(1, len(order)), k - 1):
        yield [order[a:b] for a, b in itertools.pairwise([0, *cuts, len(order)])]


def computed(plan, wide=max):
    """Positions of a plan."""
    return sum(len(batch) * wide(batch) for batch in plan)


def equally_many(lengths, k):
    """As many texts in each batch, longest first."""
    order, size = sorted(lengths, reverse=True), -(-len(lengths) // k)
    return computed([order[i:i + size] for i in range(0, len(order), size)])


def at_the_gaps(lengths, k):
    """Cuts where neighbours differ most."""
    order = sorted(lengths)
    wide = sorted(range(1, len(order)), key=lambda i: order[i - 1] - order[i])[:k - 1]
    return computed([order[a:b] for a, b in itertools.pairwise([0, *sorted(wide), len(order)])])


@function(
    cases=texts_and_batches,
    mistakes={
        "the texts were cut in the order in which they came: sort them first":
            lambda lengths, k: min(map(computed, plans(lengths, k))),
        "each batch got equally many texts: few long ones and many short ones leave less padding":
            equally_many,
        "you cut where neighbours differ most: a gap counts once for each text that it pads":
            at_the_gaps,
        "you counted the tokens: padding is computed, too, so a batch is as wide as its longest":
            lambda lengths, k: sum(lengths),
        "a batch is as wide as its longest text, not as its shortest":
            lambda lengths, k: min(computed(plan, min) for plan in plans(sorted(lengths), k)),
        "that is the padding alone: the tokens are computed, too":
            lambda lengths, k: min(map(computed, plans(sorted(lengths), k))) - sum(lengths),
        "k cuts make k + 1 batches: choose k - 1 places to cut":
            lambda lengths, k: min(map(computed, plans(sorted(lengths), min(k + 1, len(lengths))))),
        "all texts went into one batch": lambda lengths, k: computed([lengths]),
        "that is the worst plan: take the least": lambda lengths, k:
            max(map(computed, plans(sorted(lengths), k))),
    },
    remember="The best plan has neighbours in length together, and its widest batches hold few "
             "texts. A token budget comes near it without a search.",
    hints=("sort first; then a plan is a choice of k - 1 places to cut, from 1 to len(lengths) - 1",
           "for cuts in itertools.combinations(range(1, len(order)), k - 1): the batches lie "
           "between 0, the cuts and len(order); keep the least of positions(plan)"),
)
def fewest_positions(lengths, k):
    """write fewest_positions(lengths, k): how many positions the best plan of k batches computes.
    """
    return min(map(computed, plans(sorted(lengths), k)))


def packed_texts(generator):
    """Query, key and value of the tokens of packed texts, (N, d), and the lengths; few first."""
    cases = []
    for lengths, d in [([1, 2], 4), ([2, 1], 4), ([3], 2), ([2, 3, 2], 4), ([5, 1, 4, 3], 9)]:
        parts = 2 * torch.randn(3, sum(lengths), d, generator=generator)                # (3, N, d)
        cases.append((*parts.unbind(), lengths))
    return cases


def own(lengths):
    """Which tokens belong to the same text: -> (N, N) of 1 and 0."""
    return torch.block_diag(*[torch.ones(T, T) for T in lengths])


def scores(query, key):
    """Queries times keys, divided by the root of d: -> (N, N)."""
    return query @ key.T / query.shape[1] ** 0.5


def by_text(weigh):
    """An attention in each text alone, with another way to make shares of queries and keys."""
    def attend(query, key, value, lengths):
        parts = zip(*(part.split(lengths) for part in (query, key, value)), strict=True)
        return torch.cat([weigh(q, k) @ v for q, k, v in parts])
    return attend


def from_the_start(query, key, value, lengths):
    """Takes each text from the first token on."""
    return torch.cat([scores(query[:T], key[:T]).softmax(1) @ value[:T] for T in lengths])


@function(
    cases=packed_texts,
    mistakes={
        "a token sees its neighbours' texts: cut query, key and value by the lengths first":
            lambda query, key, value, lengths: scores(query, key).softmax(1) @ value,
        "a score of 0 is a score like any other: other texts need −inf before the softmax, "
        "or no score at all":
            lambda query, key, value, lengths:
                (scores(query, key) * own(lengths)).softmax(1) @ value,
        "shares were taken away after the softmax: those of a text's own tokens no longer make 1":
            lambda query, key, value, lengths:
                (scores(query, key).softmax(1) * own(lengths)) @ value,
        "every text begins at token 0: the second begins where the first ends": from_the_start,
        "the scores are not divided by the square root of d":
            by_text(lambda q, k: (q @ k.T).softmax(1)),
        "you divided by d: by its square root":
            by_text(lambda q, k: (q @ k.T / q.shape[1]).softmax(1)),
        "the softmax goes the wrong way: the shares that one query gives must make 1":
            by_text(lambda q, k: scores(q, k).softmax(0)),
        "a token sees only what stands before it: here each sees its whole text":
            by_text(lambda q, k: scores(q, k).masked_fill(
                torch.ones(len(q), len(q)).triu(1) == 1, float("-inf")).softmax(1)),
    },
    remember="Only attention must know where a text ends; the spans of the lesson do the same for "
             "all texts of one length at once.",
    hints=("query.split(lengths) cuts the tokens into texts: do steps 2 and 3 of notebook 08 in "
           "each, then torch.cat",
           "in a text: shares = (q @ k.T / d ** 0.5).softmax(dim=1), then shares @ v"),
)
def attend_alone(query, key, value, lengths):
    """write attend_alone(query, key, value, lengths): attention of packed texts, in which each
    token sees its own text alone.
    """
    mixed = []
    for q, k, v in zip(*(part.split(lengths) for part in (query, key, value)), strict=True):
        mixed.append(scores(q, k).softmax(dim=1) @ v)                                   # (T, d)
    return torch.cat(mixed)                                                             # (N, d)
