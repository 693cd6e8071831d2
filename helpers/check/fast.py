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


def lengths_and_costs(generator):
    """Lengths in the order of a file, the two costs, the most that a batch may hold; few first."""
    cases = [([2, 1], 1.0, 1.0, 4), ([1, 4], 1.0, 1.0, 9), ([2, 2, 1], 3.0, 1.0, 6),
             ([3, 9, 4, 4], 4.0, 1.0, 24), ([5, 5, 5, 5], 9.0, 0.5, 30), ([2, 7, 6], 0.0, 1.0, 30)]
    for n, call, position, most in [(12, 10.0, 0.5, 60), (20, 8.0, 0.5, 90), (25, 0.5, 1.0, 64),
                                    (30, 30.0, 0.25, 256)]:
        lengths = torch.randint(3, 33, (n,), generator=generator).tolist()
        cases.append((lengths, call, position, most))
    return cases


def plan(order, budget):
    """The lengths `order`, cut as the lesson's `batches` cuts them, by the first of a batch."""
    start = 0
    while start < len(order):
        count = max(1, budget // order[start])
        yield order[start:start + count]
        start += count


def rectangle(batch):
    """The positions of a batch."""
    return len(batch) * max(batch)


def least(begin=None, arrange=lambda lengths: sorted(lengths, reverse=True), size=rectangle,
          call_counts=True, last=False, beyond=1):
    """A best_budget with one thing done in another way."""
    def best(lengths, call, position, most):
        order = arrange(lengths)
        seconds = {budget: sum(call * call_counts + position * size(batch)
                               for batch in plan(order, budget))
                   for budget in range(begin or max(lengths), most + beyond)}
        return min(seconds, key=lambda budget: (seconds[budget], -budget if last else budget))
    return best


def filled(lengths, call, position, most):
    """Takes every batch for as large as its budget."""
    order = sorted(lengths, reverse=True)
    return min(range(order[0], most + 1),
               key=lambda budget: len(list(plan(order, budget))) * (call + position * budget))


def as_seconds(lengths, call, position, most):
    """The least predicted time, in place of its budget."""
    order, budget = sorted(lengths, reverse=True), best_budget.definition(lengths, call, position,
                                                                          most)
    return sum(call + position * rectangle(batch) for batch in plan(order, budget))


@function(
    cases=lengths_and_costs,
    mistakes={
        "that is the least time: give the budget that has it": as_seconds,
        "the largest budget has the fewest calls, but it may have more padding: predict the time":
            lambda lengths, call, position, most: most,
        "the texts are in the order of the file: sort them, the longest first":
            least(arrange=list),
        "sorted, but the shortest first: the first text of a batch must be its longest":
            least(arrange=sorted),
        "padding is computed, too: a batch has its longest text times its texts, not its tokens":
            least(size=sum),
        "the cost of the calls is missing: that is the budget with the least padding":
            least(call_counts=False),
        "a batch is rarely as large as its budget, the last one least of all: "
        "count the positions that it has": filled,
        "of equally good budgets the smallest is wanted: it needs less memory": least(last=True),
        "a budget must hold the longest text: begin with its length": least(begin=1),
        "most itself is allowed, too: range ends before its second number": least(beyond=0),
    },
    remember="A larger budget saves calls and may cost padding. Two measured costs say, before the "
             "model runs, where that no longer pays.",
    hints=("write a function for the predicted time of one budget: sort the lengths, the longest "
           "first, cut them as batches does, and add call + position * len(batch) * batch[0]",
           "min(range(max(lengths), most + 1), key=seconds) gives the first of the best, where "
           "seconds(budget) is that time"),
)
def best_budget(lengths, call, position, most):
    """write best_budget(lengths, call, position, most): the token budget, at most `most`, with the
    least predicted time.
    """
    order = sorted(lengths, reverse=True)

    def seconds(budget):
        return sum(call + position * rectangle(batch) for batch in plan(order, budget))

    return min(range(order[0], most + 1), key=seconds)
