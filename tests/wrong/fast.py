"""Wrong answers that people give in notebook 12, and the words that name the mistake."""
import torch
import torch.nn.functional as F


def one_after_another(answer):
    """An answer on each text: its tokens are taken from `start` to `start + T`."""
    def attend(query, key, value, lengths):
        rows, start = [], 0
        for T in lengths:
            rows.append(answer(*(part[start:start + T] for part in (query, key, value))))
            start += T
        return torch.cat(rows)
    return attend


def everybody(query, key, value, lengths):
    return F.scaled_dot_product_attention(query[None], key[None], value[None])[0]


def texts_of(lengths):
    return torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))


def zero_for_others(query, key, value, lengths):
    which, scores = texts_of(lengths), query @ key.T / key.shape[-1] ** 0.5
    scores[which[:, None] != which] = 0
    return torch.softmax(scores, dim=-1) @ value


def masked_after(query, key, value, lengths):
    which = texts_of(lengths)
    shares = torch.softmax(query @ key.T / key.shape[-1] ** 0.5, dim=-1)
    return torch.where(which[:, None] == which, shares, 0.0) @ value


def no_start(query, key, value, lengths):
    return torch.cat([F.scaled_dot_product_attention(query[:T][None], key[:T][None],
                                                     value[:T][None])[0] for T in lengths])


def unscaled(q, k, v):
    return F.scaled_dot_product_attention(q[None], k[None], v[None], scale=1.0)[0]


def by_dimension(q, k, v):
    return F.scaled_dot_product_attention(q[None], k[None], v[None], scale=1 / q.shape[1])[0]


def down_the_columns(q, k, v):
    return torch.softmax(q @ k.T / q.shape[1] ** 0.5, dim=0) @ v


def causal(q, k, v):
    return F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]


def least(order, k, wide=max, pick=min):
    if k == 1:
        return len(order) * wide(order)
    return pick(i * wide(order[:i]) + least(order[i:], k - 1, wide, pick)
                for i in range(1, len(order) - k + 2))


def unsorted(lengths, k):
    return least(lengths, k)


def chunks(lengths, k):
    longest, size = sorted(lengths)[::-1], (len(lengths) + k - 1) // k
    return sum(len(part) * part[0]
               for part in (longest[i:i + size] for i in range(0, len(longest), size)))


def gaps(lengths, k):
    order, parts = sorted(lengths), [[]]
    steps = [b - a for a, b in zip(order, order[1:], strict=False)]
    cuts = sorted(range(len(steps)), key=lambda i: -steps[i])[:k - 1]
    for i, length in enumerate(order):
        parts[-1].append(length)
        if i in cuts:
            parts.append([])
    return sum(len(part) * part[-1] for part in parts)


def tokens(lengths, k):
    total = 0
    for length in lengths:
        total += length
    return total


def shortest(lengths, k):
    return least(sorted(lengths), k, wide=min)


def padding(lengths, k):
    return least(sorted(lengths), k) - sum(lengths)


def one_more(lengths, k):
    return least(sorted(lengths), min(k + 1, len(lengths)))


def one_batch(lengths, k):
    return max(lengths) * len(lengths)


def worst(lengths, k):
    return least(sorted(lengths), k, pick=max)


WRONG = {
    "fewest_positions": [
        (unsorted, "sort them first"),
        (chunks, "equally many texts"),
        (gaps, "differ most"),
        (tokens, "counted the tokens"),
        (shortest, "not as its shortest"),
        (padding, "padding alone"),
        (one_more, "k + 1 batches"),
        (one_batch, "one batch"),
        (worst, "worst plan"),
    ],
    "attend_alone": [
        (everybody, "neighbours' texts"),
        (zero_for_others, "a score like any other"),
        (masked_after, "after the softmax"),
        (no_start, "where the first ends"),
        (one_after_another(unscaled), "not divided"),
        (one_after_another(by_dimension), "divided by d"),
        (one_after_another(down_the_columns), "wrong way"),
        (one_after_another(causal), "stands before it"),
    ],
}
