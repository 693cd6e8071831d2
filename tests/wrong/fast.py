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
