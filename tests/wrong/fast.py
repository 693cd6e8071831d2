"""Wrong answers that people give in notebook 12, and the words that name the mistake."""
import torch


def seconds_of(lengths, budget, call, position, width=max):
    """The predicted time of lengths in this order; `width` of a batch from its texts."""
    total, start = 0, 0
    while start < len(lengths):
        batch = lengths[start:start + max(1, budget // lengths[start])]
        total += call + position * len(batch) * width(batch)
        start += len(batch)
    return total


def downwards(lengths):
    return sorted(lengths)[::-1]


def search(order, budgets, call, position, **how):
    best, least = None, float("inf")
    for budget in budgets:
        seconds = seconds_of(order, budget, call, position, **how)
        if seconds < least:
            best, least = budget, seconds
    return best


def the_time(lengths, call, position, most):
    return min(seconds_of(downwards(lengths), budget, call, position)
               for budget in range(max(lengths), most + 1))


def as_large_as_allowed(lengths, call, position, most):
    return most


def of_the_file(lengths, call, position, most):
    return search(lengths, range(max(lengths), most + 1), call, position)


def upwards(lengths, call, position, most):
    return search(sorted(lengths), range(max(lengths), most + 1), call, position)


def tokens_alone(lengths, call, position, most):
    return search(downwards(lengths), range(max(lengths), most + 1), call, position,
                  width=lambda batch: sum(batch) / len(batch))


def least_padding(lengths, call, position, most):
    return search(downwards(lengths), range(max(lengths), most + 1), 0, position)


def full_batches(lengths, call, position, most):
    return min(range(max(lengths), most + 1), key=lambda budget: seconds_of(
        downwards(lengths), budget, call + position * budget, 0))


def from_above(lengths, call, position, most):
    return search(downwards(lengths), range(most, max(lengths) - 1, -1), call, position)


def from_one(lengths, call, position, most):
    return search(downwards(lengths), range(1, most + 1), call, position)


def without_most(lengths, call, position, most):
    return search(downwards(lengths), range(max(lengths), most), call, position)


def blocks_of(texts, size):
    return [texts[i:i + size] for i in range(0, len(texts), size)]


def all_again(texts, size, done, embed):
    return torch.cat([embed(block) for block in blocks_of(texts, size)])


def counted(texts, size, done, embed):
    rows = [done[k] for k in range(len(done))]
    for block in blocks_of(texts, size)[len(done):]:
        rows.append(embed(block))
    return torch.cat(rows)


def as_finished(texts, size, done, embed):
    rows = list(done.values())
    start = len(rows) * size
    while start < len(texts):
        rows.append(embed(texts[start:start + size]))
        start += size
    return torch.cat(rows)


def gaps_at_the_end(texts, size, done, embed):
    rows = list(done.values())
    for k, block in enumerate(blocks_of(texts, size)):
        if k not in done:
            rows.append(embed(block))
    return torch.cat(rows)


def whole_blocks(texts, size, done, embed):
    rows = [torch.empty(0, 2)]
    for k in range(len(texts) // size):
        rows.append(done[k] if k in done else embed(texts[k * size:k * size + size]))
    return torch.cat(rows)


def one_by_one(texts, size, done, embed):
    vectors = torch.empty(len(texts), 2)
    for i, text in enumerate(texts):
        k, place = divmod(i, size)
        vectors[i] = done[k][place] if k in done else embed([text])[0]
    return vectors


def by_first_text(texts, size, done, embed):
    return torch.cat([done[i] if i in done else embed(texts[i:i + size])
                      for i in range(0, len(texts), size)])


def finished_alone(texts, size, done, embed):
    return torch.cat([done[k] for k in range(len(texts)) if k in done])


WRONG = {
    "finish": [
        (all_again, "embedded again"),
        (counted, "k < len(done)"),
        (as_finished, "not the first ones"),
        (gaps_at_the_end, "do not come after"),
        (whole_blocks, "the last block"),
        (one_by_one, "each text alone"),
        (by_first_text, "numbers of blocks"),
        (finished_alone, "not finished"),
    ],
    "best_budget": [
        (the_time, "the least time"),
        (as_large_as_allowed, "fewest calls"),
        (of_the_file, "the order of the file"),
        (upwards, "shortest first"),
        (tokens_alone, "padding is computed"),
        (least_padding, "the calls is missing"),
        (full_batches, "as large as its budget"),
        (from_above, "the smallest is wanted"),
        (from_one, "must hold the longest"),
        (without_most, "most itself"),
    ],
}
