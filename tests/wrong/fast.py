"""Wrong answers that people give in notebook 12, and the words that name the mistake."""
import itertools

import torch


def rectangles(lengths, size):
    """(texts, longest, tokens) of each batch."""
    rows = iter(lengths)
    batches = iter(lambda: list(itertools.islice(rows, size)), [])
    return [(len(batch), max(batch), sum(batch)) for batch in batches]


def real_share(lengths, size):
    return sum(lengths) / sum(count * longest for count, longest, _ in rectangles(lengths, size))


def pads_per_token(lengths, size):
    pads = (count * longest - tokens for count, longest, tokens in rectangles(lengths, size))
    return sum(pads) / sum(lengths)


def averaged(lengths, size):
    shares = [1 - tokens / (count * longest)
              for count, longest, tokens in rectangles(lengths, size)]
    return torch.tensor(shares).mean().item()


def one_rectangle(lengths, size):
    return (max(lengths) * len(lengths) - sum(lengths)) / (max(lengths) * len(lengths))


def size_times_longest(lengths, size):
    computed = sum(size * longest for _, longest, _ in rectangles(lengths, size))
    return (computed - sum(lengths)) / computed


def whole_batches_only(lengths, size):
    parts = [part for part in rectangles(lengths, size) if part[0] == size]
    places = sum(count * longest for count, longest, _ in parts)
    return 1 - sum(tokens for *_, tokens in parts) / places


def sorted_first(lengths, size):
    computed = sum(count * longest for count, longest, _ in rectangles(sorted(lengths)[::-1], size))
    return (computed - sum(lengths)) / computed


def by_tokens(lengths, budget):
    counts, tokens = [], budget
    for length in lengths:
        if tokens + length > budget:
            counts, tokens = [*counts, 0], 0
        counts[-1], tokens = counts[-1] + 1, tokens + length
    return counts


def as_if_sorted(lengths, budget):
    counts, rest = [], list(lengths)
    while rest:
        taken = min(len(rest), max(1, budget // rest[0]))
        counts, rest = [*counts, taken], rest[taken:]
    return counts


def last_text_only(lengths, budget):
    counts = [0]
    for length in lengths:
        if counts[-1] and (counts[-1] + 1) * length > budget:
            counts.append(0)
        counts[-1] += 1
    return counts


def looks_too_late(lengths, budget):
    counts, longest = [], 0
    for length in lengths:
        if not counts or counts[-1] * longest >= budget:
            counts, longest = [*counts, 0], 0
        counts[-1], longest = counts[-1] + 1, max(longest, length)
    return counts


def below_the_budget(lengths, budget):
    counts, open_batch = [], []
    for length in lengths:
        if open_batch and max([*open_batch, length]) * (len(open_batch) + 1) >= budget:
            counts.append(len(open_batch))
            open_batch = []
        open_batch.append(length)
    return [*counts, len(open_batch)]


def never_set_back(lengths, budget):
    counts, longest = [], 0
    for length in lengths:
        longest = max(longest, length)
        if counts and (counts[-1] + 1) * longest <= budget:
            counts[-1] += 1
        else:
            counts.append(1)
    return counts


def without_the_last(lengths, budget):
    counts, open_batch = [], []
    for length in lengths:
        if open_batch and max([*open_batch, length]) * (len(open_batch) + 1) > budget:
            counts.append(len(open_batch))
            open_batch = []
        open_batch.append(length)
    return counts


def begins_empty(lengths, budget):
    counts, longest = [0], 0
    for length in lengths:
        if (counts[-1] + 1) * max(longest, length) > budget:
            counts, longest = [*counts, 0], 0
        counts[-1], longest = counts[-1] + 1, max(longest, length)
    return counts


WRONG = {
    "waste": [
        (real_share, "share of real tokens"),
        (pads_per_token, "padding per token"),
        (averaged, "mean of the batches"),
        (one_rectangle, "its own longest"),
        (size_times_longest, "not filled up"),
        (whole_batches_only, "left it out"),
        (sorted_first, "you sorted"),
    ],
    "fill": [
        (by_tokens, "counted the tokens"),
        (as_if_sorted, "take the first text"),
        (last_text_only, "take the new text"),
        (looks_too_late, "before the text has joined"),
        (below_the_budget, "exactly the budget"),
        (never_set_back, "set it back"),
        (without_the_last, "last batch is missing"),
        (begins_empty, "batch of no texts"),
    ],
}
