"""Wrong answers that people give in notebook 00, and the words that name the mistake."""
import torch


def named_the_axis_to_keep(batch):
    return torch.sum(batch, 0)


def tokens_only(batch):
    total = 0
    for t in range(batch.shape[1]):
        total = total + batch[:, t]
    return total


def numbers_only(batch):
    return batch.sum(-1)


def everything(batch):
    return batch.sum()


def averaged(batch):
    B, T, D = batch.shape
    return batch.sum(dim=(1, 2)) / (T * D)


def kept_the_axes(batch):
    return batch.sum(dim=1, keepdim=True).sum(dim=2, keepdim=True)


def by_length(x, weights):
    return (x * weights[:, None]).mean(dim=0)


def not_divided(x, weights):
    return weights @ x


def no_new_axis(x, weights):
    return torch.sum(x * weights, dim=0) / torch.sum(weights)


def by_tokens_that_count(x, weights):
    return (x.T @ weights) / torch.count_nonzero(weights)


def along_the_numbers(x, weights):
    return (x * weights.reshape(-1, 1)).sum(1) / weights.sum()


def weights_forgotten(x, weights):
    return x.sum(dim=0) / x.shape[0]


def as_a_mask(x, weights):
    mask = (weights > 0).float().unsqueeze(-1)
    return (x * mask).sum(dim=0) / mask.sum(dim=0)


WRONG = {
    "sum_per_text": [
        (named_the_axis_to_keep, "named the axis to keep"),
        (tokens_only, "its numbers stand apart still"),
        (numbers_only, "the tokens stand apart still"),
        (everything, "the texts too"),
        (averaged, "these are means"),
        (kept_the_axes, "two axes of size 1"),
        (lambda batch: batch.sum(dim=0).sum(dim=0), "the texts are axis 0"),
    ],
    "weighted_mean": [
        (by_length, "divided by T"),
        (not_divided, "weighted sum"),
        (no_new_axis, "runs where T = D"),
        (by_tokens_that_count, "are not 0"),
        (along_the_numbers, "along the numbers"),
        (weights_forgotten, "plain mean"),
        (as_a_mask, "yes or no"),
    ],
}


def larger_batches(generator):
    shapes = torch.randint(1, 9, (12, 3), generator=generator).tolist()
    return [(torch.randn(shape, generator=generator),) for shape in shapes]


def more_weights(generator):
    shapes = torch.randint(1, 9, (12, 2), generator=generator).tolist()
    return [(torch.randn(T, D, generator=generator), torch.rand(T, generator=generator) + 0.1)
            for T, D in shapes]


WIDE = {"sum_per_text": larger_batches, "weighted_mean": more_weights}
