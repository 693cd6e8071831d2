"""The exercises of notebook 12."""
import itertools

import torch

from helpers.check.judge import function

SIZES = [1, 2, 3, 4, 8]


def lengths_and_size(generator):
    """Lengths of texts and a batch size, the smallest first; the last batch is often not full."""
    return [(torch.randint(1, 30, (n,), generator=generator).tolist(), size)
            for n, size in zip([3, 5, 7, 10, 21], SIZES, strict=True)]


def cut(lengths, size):
    """The lengths of each batch."""
    return [lengths[i:i + size] for i in range(0, len(lengths), size)]


def complement(lengths, size):
    """The share of real tokens."""
    return sum(lengths) / sum(len(batch) * max(batch) for batch in cut(lengths, size))


def per_token(lengths, size):
    """Padding for each real token."""
    return sum(len(batch) * max(batch) for batch in cut(lengths, size)) / sum(lengths) - 1


def mean_of_batches(lengths, size):
    """The mean of the batches' shares."""
    shares = [1 - sum(batch) / (len(batch) * max(batch)) for batch in cut(lengths, size)]
    return sum(shares) / len(shares)


def longest_of_all(lengths, size):
    """All texts padded to the longest of all."""
    return 1 - sum(lengths) / (len(lengths) * max(lengths))


def full_last_batch(lengths, size):
    """The last batch filled up with texts."""
    return 1 - sum(lengths) / sum(size * max(batch) for batch in cut(lengths, size))


def last_batch_lost(lengths, size):
    """Only the batches that are full."""
    whole = cut(lengths, size)[:len(lengths) // size]
    computed = sum(len(batch) * max(batch) for batch in whole)
    return 1 - sum(map(sum, whole)) / computed if whole else 0.0


@function(
    cases=lengths_and_size,
    mistakes={
        "this is the share of real tokens: padding is the rest": complement,
        "this is padding per token: the share is of all positions that are computed": per_token,
        "this is the mean of the batches' shares: a large batch counts as much as a small one. "
        "Count positions first":
            mean_of_batches,
        "every batch is padded to its own longest text, not to the longest of all": longest_of_all,
        "the last batch has fewer texts: it is not filled up with texts": full_last_batch,
        "the last batch is smaller, and you left it out": last_batch_lost,
        "you sorted the lengths: the batches are cut in the order given":
            lambda lengths, size: waste.definition(sorted(lengths, reverse=True), size),
    },
    remember="A batch is a rectangle, its texts by its longest text, "
             "and all of the rectangle is computed.",
    hints=("of each batch: how many texts has it, and how long is its longest? "
           "the product is what is computed",
           "1 - sum(lengths) / computed, where computed is the sum of len(batch) * max(batch) over "
           "all batches"),
)
def waste(lengths, size):
    """write waste(lengths, size): the share of computed positions that is padding, batches cut in
    the order given.
    """
    computed = 0
    for start in range(0, len(lengths), size):
        batch = lengths[start:start + size]
        computed += len(batch) * max(batch)
    return (computed - sum(lengths)) / computed


def lengths_and_budget(generator):
    """Lengths of texts and a budget, the smallest first: exact fits, texts above the budget, rising
    lengths.
    """
    small = [([4, 4, 4], 8), ([2, 6, 2], 8), ([9, 2, 2], 8), ([6, 2, 2, 2], 6), ([3, 5, 1, 4], 10)]
    drawn = [(torch.randint(1, 30, (n,), generator=generator).tolist(), budget)
             for n, budget in zip([8, 12, 20, 30, 40], [20, 40, 60, 100, 120], strict=True)]
    return small + drawn


def filling(fits):
    """A fill with another rule: `fits(batch, length, most)`, may a text of this length join?"""
    def fill(lengths, budget):
        batches = []
        for length in lengths:
            if batches and fits(batches[-1], length, budget):
                batches[-1].append(length)
            else:
                batches.append([length])
        return [len(batch) for batch in batches]
    return fill


def longest_so_far(lengths, budget):
    """The longest is never set back when a batch begins."""
    longest = list(itertools.accumulate(lengths, max))
    counts = []
    for top in longest:
        if counts and (counts[-1] + 1) * top <= budget:
            counts[-1] += 1
        else:
            counts.append(1)
    return counts


@function(
    cases=lengths_and_budget,
    mistakes={
        "you counted the tokens: a batch is as wide as its longest text, and all of it is computed":
            filling(lambda batch, length, most: sum(batch) + length <= most),
        "you take the first text of a batch for its longest: "
        "that is so only if the texts are sorted":
            filling(lambda batch, length, most: (len(batch) + 1) * batch[0] <= most),
        "you take the new text for the longest: a longer one may be in the batch already":
            filling(lambda batch, length, most: (len(batch) + 1) * length <= most),
        "you look at the batch before the text has joined: count the text and its length, too":
            filling(lambda batch, length, most: len(batch) * max(batch) < most),
        "a rectangle of exactly the budget still fits":
            filling(lambda batch, length, most: (len(batch) + 1) * max(*batch, length) < most),
        "the longest text of an earlier batch still counts: set it back when a batch begins":
            longest_so_far,
        "the last batch is missing: what is open at the end is a batch, too":
            lambda lengths, budget: fill.definition(lengths, budget)[:-1],
        "there is a batch of no texts: "
        "a text above the budget goes alone, and begins its own batch":
            lambda lengths, budget:
                [0] * (lengths[0] > budget) + fill.definition(lengths, budget),
    },
    remember="The budget is for the rectangle: texts times the longest of them, padding included.",
    hints=("of the open batch keep two things: how many texts it has, and its longest",
           "a text joins if (count + 1) * max(longest, length) <= budget; "
           "else a new batch begins with it"),
)
def fill(lengths, budget):
    """write fill(lengths, budget): how many texts each batch has, in the order given, if a
    rectangle is at most budget.
    """
    counts, longest = [], 0
    for length in lengths:
        if counts and (counts[-1] + 1) * max(longest, length) <= budget:
            counts[-1] += 1
            longest = max(longest, length)
        else:
            counts.append(1)
            longest = length
    return counts
