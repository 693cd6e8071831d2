"""The exercises of notebook 00."""
import torch

from helpers.check.judge import function


def batches(generator):
    """Batches of three axes, the smallest first; from the second on, B, T and D all differ."""
    return [(torch.randint(1, 10, shape, generator=generator).float(),)
            for shape in [(2, 2, 2), (2, 3, 1), (1, 3, 2), (4, 2, 3), (3, 5, 4)]]


@function(
    cases=batches,
    mistakes={
        "you named the axis to keep: the axis that `sum` is given disappears, "
        "and the texts are what must remain":
            lambda batch: batch.sum(dim=0),
        "you added up the tokens of each text; its numbers stand apart still: name both axes, "
        "sum(dim=(a, b))":
            lambda batch: batch.sum(dim=1),
        "you added up the numbers of each token; the tokens stand apart still: name both axes, "
        "sum(dim=(a, b))":
            lambda batch: batch.sum(dim=2),
        "you added up everything, the texts too: each text wants a number of its own":
            lambda batch: batch.sum(),
        "these are means: wanted are the sums": lambda batch: batch.mean(dim=(1, 2)),
        "you added up the texts and one more axis: the texts are axis 0, and must remain":
            lambda batch: batch.sum(dim=(0, 1)),
        "the numbers are right, but two axes of size 1 are left: without keepdim they disappear":
            lambda batch: batch.sum(dim=(1, 2), keepdim=True),
    },
    remember="The axis that you name is the axis that disappears; what you do not name remains.",
    hints=("the shape is (B, T, D) and must become (B,): which axes have to disappear?",
           "`sum` takes several axes at once, sum(dim=(a, b)); the texts are axis 0, "
           "so it is the other two"),
)
def sum_per_text(batch):
    """write sum_per_text(batch), the sum of each text over all of its tokens and numbers: (B, T, D)
    -> (B,).
    """
    return torch.stack([text.flatten().sum() for text in batch])


def weighed(generator):
    """Tokens and their weights: the smallest first. In the first, T = D, so that a wrong axis does
    not raise.
    """
    cases = []
    for T, D in [(2, 2), (2, 1), (3, 2), (3, 3), (4, 3), (5, 2)]:
        weights = torch.randint(0, 7, (T,), generator=generator) / 2
        weights[0] = 1.5                                        # never all 0
        weights[-1] = 2.5 if T == 2 else 0.0
        cases.append((torch.randint(1, 10, (T, D), generator=generator).float(), weights))
    return cases


@function(
    cases=weighed,
    mistakes={
        "you divided by T, the number of tokens: divide by the sum of the weights, "
        "which is how much was added up":
            lambda x, weights: (x * weights.unsqueeze(-1)).sum(dim=0) / len(x),
        "this is the weighted sum: divide it by the sum of the weights":
            lambda x, weights: (x * weights.unsqueeze(-1)).sum(dim=0),
        "weights of shape (T,) meet the axis of the D numbers, not the tokens: "
        "it runs where T = D and is wrong. "
        "Give them an axis at the end": lambda x, weights: (x * weights).sum(dim=0) / weights.sum(),
        "you divided by how many weights are not 0: a weight of 2 counts twice, "
        "so divide by the sum of the weights":
            lambda x, weights: (x * weights.unsqueeze(-1)).sum(dim=0) / (weights != 0).sum(),
        "you summed along the numbers of each token: the tokens, axis 0, must disappear":
            lambda x, weights: (x * weights.unsqueeze(-1)).sum(dim=1) / weights.sum(),
        "this is the plain mean: the weights do not enter it": lambda x, weights: x.mean(dim=0),
        "you used the weights as yes or no: a weight of 2 counts twice as much as a weight of 1":
            lambda x, weights: x[weights > 0].mean(dim=0),
    },
    remember="Every pooling that averages is this one line: multiply by (T, 1), "
             "sum over the tokens, divide by the sum "
             "of the weights.",
    hints=("the masked mean above is this with weights of 0 and 1: "
           "which of its numbers change when a weight is 2?",
           "column = weights.unsqueeze(-1) is (T, 1); multiply, sum over the tokens, "
           "and divide by weights.sum()"),
)
def weighted_mean(x, weights):
    """write weighted_mean(x, weights), the mean of the tokens, each counted as often as its weight
    says: -> (D,).
    """
    return weights @ x / weights.sum()
