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


def whole(matrix, largest):
    return torch.round(matrix * 127 / largest), largest / 127


def per_row(matrix):
    return matrix.abs().max(dim=1, keepdim=True).values


def product(x, weight, x_largest, weight_largest):
    (a, one), (b, other) = whole(x, x_largest), whole(weight, weight_largest)
    return (a * one) @ (b * other).T


def batch_scale(x, weight):
    return product(x, weight, x.abs().max(), per_row(weight))


def matrix_scale(x, weight):
    return product(x, weight, per_row(x), weight.abs().max())


def two_scales(x, weight):
    return product(x, weight, x.abs().max(), weight.abs().max())


def whole_numbers(x, weight):
    return whole(x, per_row(x))[0] @ whole(weight, per_row(weight))[0].T


def half_way(x, weight):
    return whole_numbers(x, weight) * per_row(x) / 127


def other_half(x, weight):
    return whole_numbers(x, weight) * per_row(weight).T / 127


def float32(x, weight):
    return F.linear(x, weight)


def weight_only(x, weight):
    numbers, scale = whole(weight, per_row(weight))
    return F.linear(x, numbers * scale)


def cut_off(x, weight):
    a, b = ((m / (per_row(m) / 127)).int() * (per_row(m) / 127) for m in (x, weight))
    return a @ b.T


def largest_with_sign(x, weight):
    return product(x, weight, x.max(dim=1, keepdim=True).values,
                   weight.max(dim=1, keepdim=True).values)


WRONG = {
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
    "int8_product": [
        (batch_scale, "whole batch"),
        (matrix_scale, "whole matrix"),
        (two_scales, "all of weight"),
        (whole_numbers, "still in whole numbers"),
        (half_way, "scale of x alone"),
        (other_half, "scale of weight alone"),
        (float32, "nothing was rounded"),
        (weight_only, "x is rounded as well"),
        (cut_off, "cut off, not rounded"),
        (largest_with_sign, "without its sign"),
    ],
}
