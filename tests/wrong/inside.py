"""Wrong answers that people give in notebook 08, and the words that name the mistake."""
import torch


def overflow(scores):
    e = torch.exp(scores)
    return e / e.sum(-1, keepdim=True)


def one_maximum(scores):
    e = torch.exp(scores - torch.max(scores))
    return e / e.sum(-1, keepdim=True)


def columns_sum_to_one(scores):
    e = (scores - scores.max(dim=-1, keepdim=True).values).exp()
    return e / e.sum(dim=-2, keepdim=True)


def cut_off(scores):
    e = torch.exp(torch.clamp(scores, min=-80, max=80))
    return e / e.sum(-1)[..., None]


WRONG = {
    "one_layer": [
        (lambda D, I: D * D * 4 + D * I + I * D, "matrices only"),
        (lambda D, I: 4 * D ** 2 + 2 * D * I + 2 * (D + D), "biases are missing"),
        (lambda D, I: 4 * (D * D + D) + D * I + I + I * D + D, "LayerNorms are missing"),
        (lambda D, I: 4 * (D * D + D) + D * I + D + I * D + D + 4 * D, "the first one has I"),
        (lambda D, I: 3 * (D * D + D) + (D + 1) * I + (I + 1) * D + 4 * D, "four matrices"),
    ],
    "safe_softmax": [
        (overflow, "infinite"),
        (one_maximum, "whole table"),
        (columns_sum_to_one, "wrong axis"),
        (cut_off, "Subtract, do not clamp"),
    ],
}


def more_tables(generator):
    shapes = ((1, 1), (2, 5), (3, 2, 4), (2, 2, 3, 3))
    return [(500 * torch.randn(shape, generator=generator),) for shape in shapes]


WIDE = {"one_layer": lambda generator: [(D, I) for D in range(2, 9) for I in (2, 5, 32)],
        "safe_softmax": more_tables}
