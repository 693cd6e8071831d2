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
    return sum(count * longest - tokens for count, longest, tokens in rectangles(lengths, size)) / sum(lengths)


def averaged(lengths, size):
    shares = torch.tensor([1 - tokens / (count * longest) for count, longest, tokens in rectangles(lengths, size)])
    return shares.mean().item()


def one_rectangle(lengths, size):
    return (max(lengths) * len(lengths) - sum(lengths)) / (max(lengths) * len(lengths))


def size_times_longest(lengths, size):
    computed = sum(size * longest for _, longest, _ in rectangles(lengths, size))
    return (computed - sum(lengths)) / computed


def whole_batches_only(lengths, size):
    parts = [part for part in rectangles(lengths, size) if part[0] == size]
    return 1 - sum(tokens for *_, tokens in parts) / sum(count * longest for count, longest, _ in parts)


def sorted_first(lengths, size):
    computed = sum(count * longest for count, longest, _ in rectangles(sorted(lengths)[::-1], size))
    return (computed - sum(lengths)) / computed


def unchanged(vectors, order):
    return vectors.clone()


def read_by_order(vectors, order):
    return torch.stack([vectors[i] for i in order])


def reversed_rows(vectors, order):
    return torch.tensor(vectors.tolist()[::-1])


def by_their_numbers(vectors, order):
    return torch.tensor(sorted(vectors.tolist()))


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
    "put_back": [
        (unchanged, "as they came"),
        (read_by_order, "once more"),
        (reversed_rows, "turns them round"),
        (by_their_numbers, "sorted by their numbers"),
    ],
}
