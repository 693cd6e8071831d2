"""The exercises of notebook 12."""
from dataclasses import dataclass

import torch

from helpers.check.judge import function


@dataclass(frozen=True)
class Model:
    """Stands for a model: a text's vector is its length, and how many texts came with it."""

    def __call__(self, texts):
        """Vectors of a list of texts: -> (len(texts), 2)."""
        return torch.tensor([[float(len(text)), float(len(texts))] for text in texts]).view(-1, 2)


def half_done_jobs(generator):
    """Texts, the size of a block, the finished blocks in any order, and a model; few texts first.

    Each finished vector ends in 0, so it can be told from one that is computed anew.
    """
    cases = []
    for n, size, finished in [(2, 2, []), (3, 2, [1]), (4, 2, [0]), (4, 2, [1, 0]), (5, 2, [2, 0]),
                              (7, 3, [1]), (9, 2, [3, 0, 4]), (12, 3, [2, 3])]:
        longs = torch.randint(1, 9, (n,), generator=generator).tolist()
        texts = ["x" * long for long in longs]
        done = {k: torch.tensor([[float(long), 0.0] for long in longs[k * size:(k + 1) * size]])
                for k in finished}
        cases.append((texts, size, done, Model()))
    return cases


def by_block(texts, size, vectors):
    """What `vectors(k, texts of block k)` gives, block after block: -> (n, D)."""
    return torch.cat([vectors(start // size, texts[start:start + size])
                      for start in range(0, len(texts), size)])


def missing_last(texts, size, done, embed):
    """The finished blocks as they lie in the dict, and the missing ones after them."""
    blocks = [texts[start:start + size] for start in range(0, len(texts), size)]
    return torch.cat([*done.values(), *(embed(block) for k, block in enumerate(blocks)
                                        if k not in done)])


@function(
    cases=half_done_jobs,
    mistakes={
        "blocks that are finished were embedded again: take theirs from done":
            lambda texts, size, done, embed: by_block(texts, size, lambda k, part: embed(part)),
        "k < len(done) does not say that block k is finished: blocks finish in any order":
            lambda texts, size, done, embed: by_block(
                texts, size, lambda k, part: done[k] if k < len(done) else embed(part)),
        "every vector belongs where its text stands: missing blocks do not come after the others":
            missing_last,
        "the finished blocks are not the first ones: look for block k under its number":
            lambda texts, size, done, embed: by_block(
                texts, size, lambda k, part: [*done.values()][k] if k < len(done)
                else embed(part)),
        "the last block is missing, the one that may be shorter":
            lambda texts, size, done, embed: torch.cat([torch.empty(0, 2), *(
                done[k] if k in done else embed(texts[k * size:(k + 1) * size])
                for k in range(len(texts) // size))]),
        "embed was called for each text alone: hand it a whole block":
            lambda texts, size, done, embed: by_block(
                texts, size, lambda k, part: done[k] if k in done
                else torch.cat([embed([text]) for text in part])),
        "done has the numbers of blocks, not of their first texts: text k * size begins block k":
            lambda texts, size, done, embed: by_block(
                texts, size, lambda k, part: done[k * size] if k * size in done
                else embed(part)),
        "a block that is not finished has vectors, too: embed it":
            lambda texts, size, done, embed: torch.cat([done[k] for k in sorted(done)]),
    },
    remember="A job can go on after a stop if it notes what is finished, and puts each block where "
             "its texts stand.",
    hints=("k goes through all blocks, from 0 to (len(texts) - 1) // size; a block is in done, or "
           "it must be embedded",
           "parts.append(done[k] if k in done else embed(texts[k * size:(k + 1) * size])), then "
           "torch.cat(parts)"),
)
def finish(texts, size, done, embed):
    """write finish(texts, size, done, embed): the vectors of all texts, in their order, of a job
    whose finished blocks are in done.
    """
    return by_block(texts, size, lambda k, part: done[k] if k in done else embed(part))


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
