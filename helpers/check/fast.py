"""The exercises of notebook 12."""
import torch

from helpers.check.judge import function

SIZES = [1, 2, 3, 4, 8]


def lengths_and_size(generator):
    """Lengths of texts and a batch size, the smallest first; the last batch is often not full."""
    return [(torch.randint(1, 30, (n,), generator=generator).tolist(), size)
            for n, size in zip([3, 5, 7, 10, 21], SIZES, strict=True)]


def cut(lengths, size):
    return [lengths[i:i + size] for i in range(0, len(lengths), size)]


def complement(lengths, size):
    return sum(lengths) / sum(len(batch) * max(batch) for batch in cut(lengths, size))


def per_token(lengths, size):
    return sum(len(batch) * max(batch) for batch in cut(lengths, size)) / sum(lengths) - 1


def mean_of_batches(lengths, size):
    shares = [1 - sum(batch) / (len(batch) * max(batch)) for batch in cut(lengths, size)]
    return sum(shares) / len(shares)


def longest_of_all(lengths, size):
    return 1 - sum(lengths) / (len(lengths) * max(lengths))


def full_last_batch(lengths, size):
    return 1 - sum(lengths) / sum(size * max(batch) for batch in cut(lengths, size))


def last_batch_lost(lengths, size):
    whole = cut(lengths, size)[:len(lengths) // size]
    return 1 - sum(map(sum, whole)) / sum(len(batch) * max(batch) for batch in whole) if whole else 0.0


@function(
    cases=lengths_and_size,
    mistakes={
        "this is the share of real tokens: padding is the rest": complement,
        "this is padding per token: the share is of all positions that are computed": per_token,
        "this is the mean of the batches' shares: a large batch counts as much as a small one. Count positions first":
            mean_of_batches,
        "every batch is padded to its own longest text, not to the longest of all": longest_of_all,
        "the last batch has fewer texts: it is not filled up with texts": full_last_batch,
        "the last batch is smaller, and you left it out": last_batch_lost,
        "you sorted the lengths: the batches are cut in the order given":
            lambda lengths, size: waste.definition(sorted(lengths, reverse=True), size),
    },
    remember="A batch is a rectangle, its texts by its longest text, and all of the rectangle is computed.",
    hints=("of each batch: how many texts has it, and how long is its longest? the product is what is computed",
           "1 - sum(lengths) / computed, where computed is the sum of len(batch) * max(batch) over all batches"),
)
def waste(lengths, size):
    """write waste(lengths, size): the share of computed positions that is padding, batches cut in the order given."""
    computed = 0
    for start in range(0, len(lengths), size):
        batch = lengths[start:start + size]
        computed += len(batch) * max(batch)
    return (computed - sum(lengths)) / computed


def vectors_and_order(generator):
    """Vectors (n, 2) and the order in which they were worked off, the smallest first."""
    return [(torch.randn(n, 2, generator=generator), torch.randperm(n, generator=generator).tolist())
            for n in (3, 4, 5, 8, 20)]


@function(
    cases=vectors_and_order,
    mistakes={
        "these are the vectors as they came: row k belongs to text order[k]": lambda vectors, order: vectors,
        "this mixes them once more: row k of the result took row order[k], but row k belongs *to* text order[k]":
            lambda vectors, order: vectors[order],
        "this turns them round: the order is not always the reverse": lambda vectors, order: vectors.flip(0),
        "the vectors are sorted by their numbers: sort by where the text stood":
            lambda vectors, order: vectors[vectors[:, 0].argsort()],
    },
    remember="result[order] = vectors writes row k to place order[k]; vectors[order] reads, and mixes a second time.",
    hints=("take three texts worked off in the order [2, 0, 1]: to which place does the first vector go?",
           "make an empty tensor like vectors, then write to it: result[order] = vectors"),
)
def put_back(vectors, order):
    """write put_back(vectors, order): row k of vectors belongs to text order[k]; give them in the order of the texts."""
    return torch.stack([vectors[order.index(i)] for i in range(len(order))])
