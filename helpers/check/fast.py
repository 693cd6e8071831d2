"""The exercises of notebook 12."""
import torch

from helpers.check.judge import function


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


def inputs_and_weights(generator):
    """Tokens (N, in) and a matrix (out, in), rows of different size; few numbers first."""
    cases = []
    for N, wide, out in [(1, 2, 1), (2, 2, 1), (1, 3, 2), (3, 4, 2), (5, 6, 4)]:
        x, weight = (torch.randn(rows, wide, generator=generator)
                     * 0.5 ** torch.randperm(rows, generator=generator)[:, None]
                     for rows in (N, out))
        cases.append((x, weight))
    return cases


def quantized(matrix, dim=1, number=torch.round, size=torch.abs):
    """Whole numbers and their scale, one for each row."""
    scale = size(matrix).amax(dim=dim, keepdim=True) / 127
    return number(matrix / scale), scale


def multiplied(x, weight, **how):
    """The product of two quantized matrices."""
    (a, one), (b, other) = quantized(x, **how), quantized(weight, **how)
    return a @ b.T * one * other.T


def mixed_scales(x_dim, weight_dim):
    """A product with other scales."""
    def product(x, weight):
        (a, one), (b, other) = quantized(x, x_dim), quantized(weight, weight_dim)
        return a @ b.T * one * other.T
    return product


@function(
    cases=inputs_and_weights,
    mistakes={
        "one scale serves the whole batch: a token's result changes with its neighbours":
            mixed_scales((0, 1), 1),
        "one scale serves the whole matrix: one outlier makes zeros of the others":
            mixed_scales(1, (0, 1)),
        "one scale serves all of x, one all of weight: give each row its own":
            mixed_scales((0, 1), (0, 1)),
        "the result is still in whole numbers: multiply by both scales":
            lambda x, weight: quantized(x)[0] @ quantized(weight)[0].T,
        "you multiplied by the scale of x alone: weight has one, too":
            lambda x, weight: quantized(x)[0] @ quantized(weight)[0].T * quantized(x)[1],
        "you multiplied by the scale of weight alone: x has one, too":
            lambda x, weight: quantized(x)[0] @ quantized(weight)[0].T * quantized(weight)[1].T,
        "nothing was rounded: this is the product in float32": lambda x, weight: x @ weight.T,
        "only weight is in whole numbers: x is rounded as well":
            lambda x, weight: x @ (quantized(weight)[0] * quantized(weight)[1]).T,
        "digits were cut off, not rounded: 2.9 must become 3":
            lambda x, weight: multiplied(x, weight, number=torch.trunc),
        "the largest number counts without its sign: take abs() first":
            lambda x, weight: multiplied(x, weight, size=torch.Tensor.clone),
    },
    atol=1e-3,
    remember="With a scale for each token no result depends on the neighbours; with one for each "
             "row of the matrix an outlier spoils its own row alone.",
    hints=("x.abs().amax(dim=1, keepdim=True) / 127 is a scale for each token, (N, 1)",
           "round both, multiply the whole numbers, then times the scales of x, (N, 1), and "
           "those of weight turned to (1, out)"),
)
def int8_product(x, weight):
    """write int8_product(x, weight), x @ weight.T computed with whole numbers, with a scale for
    each row of x and of weight.
    """
    return multiplied(x, weight)
