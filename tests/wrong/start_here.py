"""Wrong answers that people give in notebook 00, and the words that name the mistake."""
import numpy as np
import torch


def _unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def blended(batch, weights):
    column = weights.unsqueeze(-1)
    return (batch * column).sum(dim=0) / column.sum(dim=0)


def numbers_added(batch, weights):
    return torch.einsum("btd,bt->bt", batch, weights) / weights.sum(dim=1)[:, None]


def one_for_all(batch, weights):
    return (batch * weights[..., None]).sum(dim=1).sum(dim=0) / weights.sum()


def plain_mean(batch, weights):
    return (batch * weights.unsqueeze(-1)).mean(dim=1)


def number_of_tokens(batch, weights):
    column = weights.unsqueeze(-1)
    return (batch * column).sum(dim=1) / (column != 0).sum(dim=1)


def one_sum(batch, weights):
    return (batch * weights.unsqueeze(-1)).sum(dim=1) / weights.sum()


def axis_missing(batch, weights):
    return (batch * weights.unsqueeze(-1)).sum(dim=1) / weights.sum(dim=1)


def only_sums(batch, weights):
    return torch.einsum("btd,bt->bd", batch, weights)


def without_weights(batch, weights):
    return batch.mean(dim=1)


def as_a_mask(batch, weights):
    column = weights.clamp(max=1).unsqueeze(-1)
    return (batch * column).sum(dim=1) / column.sum(dim=1)


def norms_forgotten(questions, passages):
    best = (questions @ passages.T).argmax(axis=1)
    return sum(int(b == i) for i, b in enumerate(best))


def norms_of_the_questions(questions, passages):
    best = np.argmax(_unit(questions) @ passages.T, axis=-1)
    return (best == range(len(best))).sum()


def square_table(questions, passages):
    table = _unit(questions) @ _unit(passages[:len(questions)]).T
    return (table.argmax(axis=1) == np.arange(len(table))).sum()


def along_the_questions(questions, passages):
    table = _unit(questions) @ _unit(passages).T
    n = len(questions)
    return (table.argmax(axis=0)[:n] == np.arange(n)).sum()


def as_a_share(questions, passages):
    best = (_unit(questions) @ _unit(passages).T).argmax(axis=1)
    return np.mean(best == np.arange(len(best)))


def not_counted(questions, passages):
    best = (_unit(questions) @ _unit(passages).T).argmax(axis=1)
    return [bool(b == i) for i, b in enumerate(best)]


WRONG = {
    "per_text": [
        (blended, "dim=0 blends"),
        (numbers_added, "dim=-1 adds up"),
        (one_for_all, "blended into one"),
        (plain_mean, "you divide by T"),
        (number_of_tokens, "how many tokens count"),
        (one_sum, "whole batch"),
        (axis_missing, "keepdim=True"),
        (only_sums, "these are the sums"),
        (without_weights, "padding counts"),
        (as_a_mask, "counts once"),
    ],
    "first_right": [
        (norms_forgotten, "a large norm"),
        (norms_of_the_questions, "a large norm"),
        (square_table, "first n passages"),
        (along_the_questions, "along axis 1"),
        (as_a_share, "a share"),
        (not_counted, "count them"),
    ],
}


def larger_searches(generator):
    shapes = [(n, n + extra, D) for n in (1, 4, 9) for extra in (0, 1, 7) for D in (3, 8)]
    return [(torch.randn(n, D, generator=generator).double().numpy(),
             torch.randn(N, D, generator=generator).double().numpy()) for n, N, D in shapes]


def larger_batches(generator):
    shapes = [(B, T, D) for B in (1, 3, 8) for T in (2, 7) for D in (1, 5)]
    return [(torch.randn(*shape, generator=generator),
             torch.randint(1, 3, shape[:2], generator=generator).float()) for shape in shapes]


WIDE = {"per_text": larger_batches, "first_right": larger_searches}
