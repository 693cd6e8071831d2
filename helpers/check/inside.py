"""The exercises of notebook 08."""
import torch

from helpers.check.judge import function


def sizes(generator):
    """D and I of a layer, the smallest first."""
    drawn = torch.randint(2, 40, (3, 2), generator=generator)
    return [(2, 8), (3, 4), *((int(D), int(I)) for D, I in drawn.sort(dim=0).values)]


@function(
    cases=sizes,
    mistakes={
        "you counted the matrices only: every one of the six has a bias, "
        "and there are two LayerNorms":
            lambda D, I: 4 * D * D + 2 * D * I,
        "the biases are missing: one number for each output of each of the six matrices":
            lambda D, I: 4 * D * D + 2 * D * I + 4 * D,
        "the LayerNorms are missing: there are two, with a scale and a shift of D numbers each":
            lambda D, I: 4 * D * D + 2 * D * I + 5 * D + I,
        "you counted one LayerNorm: there is one after attention and one after the feed-forward "
        "part":
            lambda D, I: 4 * D * D + 2 * D * I + 7 * D + I,
        "each LayerNorm has two vectors, a scale and a shift":
            lambda D, I: 4 * D * D + 2 * D * I + 7 * D + I,
        "you gave both feed-forward biases D numbers: the first one has I":
            lambda D, I: 4 * D * D + 2 * D * I + 10 * D,
        "attention has four matrices: query, key, value, and the one that mixes the heads":
            lambda D, I: 3 * D * D + 2 * D * I + 8 * D + I,
    },
    remember="With I = 4·D a layer has about 12·D² numbers: a third in attention, "
             "two thirds in the feed-forward part.",
    hints=("four matrices D × D, one D × I, one I × D; "
           "a bias is as long as the output of its matrix",
           "the biases have 4·D, I and D numbers, and each of the two LayerNorms has 2·D"),
    atol=0,
)
def one_layer(D, I):
    """write one_layer(D, I), the number of parameters of one layer, biases and LayerNorms
    included.
    """
    layer = torch.nn.TransformerEncoderLayer(D, nhead=1, dim_feedforward=I)
    return sum(table.numel() for table in layer.parameters())


def tables(generator):
    """Scores (..., T): small ones, then large ones, then rows that lie far apart, then more
    dimensions.
    """
    drawn = torch.randint(-4, 5, (2, 3, 4), generator=generator).float()
    return [(torch.tensor([[0.0, 1.0], [1.0, 3.0]]),), (torch.tensor([[1000.0, 999.0]]),),
            (torch.tensor([[1000.0, 999.0], [-1000.0, -1001.0]]),),
            (torch.tensor([[2.0, float("-inf"), 1.0]]),),
            (torch.tensor([[[900.0, 1.0], [2.0, 0.0]], [[-900.0, -901.0], [0.0, 0.0]]]),),
            (drawn,), (200 * drawn,)]


def shares(shifted, dim=-1):
    """exp, divided by its sum."""
    return shifted.exp() / shifted.exp().sum(dim=dim, keepdim=True)


@function(
    cases=tables,
    mistakes={
        "exp of a large score is infinite, and infinite by infinite is NaN: "
        "subtract something from the scores first":
            shares,
        "you subtracted the largest number of the whole table: "
        "a row far below it becomes all zeros. Each row has its own":
            lambda scores: shares(scores - scores.max()),
        "you sum over the wrong axis: a row must sum to 1, so dim=-1":
            lambda scores: shares(scores - scores.amax(dim=-1, keepdim=True), dim=-2),
        "you subtracted each column's maximum, which changes the shares: "
        "only one number per *row* cancels out":
            lambda scores: shares(scores - scores.amax(dim=-2, keepdim=True)),
        "you cut off large scores: 1000 and 999 then get equal shares. Subtract, do not clamp":
            lambda scores: shares(scores.clamp(-80, 80)),
    },
    remember="A number that is subtracted from a whole row cancels out: "
             "softmax sees differences only.",
    hints=("subtracting the same number from every score of a row changes no share. "
           "Which number makes exp safe?",
           "scores - scores.amax(dim=-1, keepdim=True): the largest is then 0, and exp of it is 1"),
)
def safe_softmax(scores):
    """write safe_softmax(scores): shares along the last axis that sum to 1, also for large scores,
    without softmax.
    """
    return torch.nn.functional.softmax(scores, dim=-1)
