"""The exercises of notebook 00."""
import numpy as np
import torch

from helpers.check.judge import function


def batches(generator):
    """Batches and weights, the smallest first: 2 for a title's tokens, then 1, then 0, padding."""
    cases = []
    for B, T, D in [(1, 3, 1), (2, 3, 2), (2, 4, 2), (3, 3, 2), (3, 4, 3), (4, 6, 2)]:
        title, end = torch.arange(B)[:, None] % 2 + 1, T - 1 + torch.arange(B)[:, None] % 2
        weights = (torch.arange(T) < end).float() + (torch.arange(T) < title)               # (B, T)
        cases.append((torch.randint(1, 10, (B, T, D), generator=generator).float(), weights))
    return cases


def sums(batch, weights, dim=1):
    """Each token's numbers times its weight, added up along an axis."""
    return (batch * weights.unsqueeze(-1)).sum(dim=dim)


@function(
    cases=batches,
    mistakes={
        "wrong axis: dim=0 blends the texts. The tokens are axis 1":
            lambda batch, weights: sums(batch, weights, 0) / weights.sum(dim=0)[:, None],
        "wrong axis: dim=-1 adds up a token's D numbers. The tokens are axis 1":
            lambda batch, weights: sums(batch, weights, -1) / weights.sum(dim=1, keepdim=True),
        "all texts are blended into one: add up along axis 1 alone":
            lambda batch, weights: sums(batch, weights, (0, 1)) / weights.sum(),
        "you divide by T, padding included: divide by the sum of the text's weights":
            lambda batch, weights: sums(batch, weights) / weights.shape[1],
        "you divide by how many tokens count: a weight of 2 counts twice, so divide by the sum":
            lambda batch, weights: sums(batch, weights) / (weights > 0).sum(dim=1, keepdim=True),
        "you divide by the weights of the whole batch: each text has a sum of its own":
            lambda batch, weights: sums(batch, weights) / weights.sum(),
        "the sums of the weights have shape (B,): keepdim=True makes them (B, 1)":
            lambda batch, weights: sums(batch, weights) / weights.sum(dim=1),
        "these are the sums: divide by the sum of the text's weights": sums,
        "you leave the weights out, so padding counts": lambda batch, weights: batch.mean(dim=1),
        "every token that is not padding counts once: a title's token counts twice":
            lambda batch, weights: sums(batch, (weights > 0).float())
            / (weights > 0).sum(dim=1, keepdim=True),
    },
    remember="Name the axis that must disappear; give a weight the axis it lacks, (B, T, 1).",
    hints=("which axis must disappear from (B, T, D)? and which does (B, T) lack to meet it?",
           "column = weights.unsqueeze(-1); then as for `by_hand` in the lesson, dim=1 twice"),
)
def per_text(batch, weights):
    """write per_text: each text's mean over its tokens by their weights, (B, T, D) -> (B, D)."""
    return sums(batch, weights) / weights.sum(dim=1, keepdim=True)


def cosines(questions, passages):
    """The cosine of each question with each passage: (n, D), (N, D) -> (n, N)."""
    norms = np.linalg.norm(questions, axis=1)[:, None] * np.linalg.norm(passages, axis=1)
    return questions @ passages.T / norms


def own_first(scores, axis=1):
    """For each question: is its own passage the first by `scores`, (n, N)?"""
    return scores.argmax(axis=axis)[:len(scores)] == np.arange(len(scores))


RIGHT, DOTS, FEW, ROWS = (
    lambda q, p: own_first(cosines(q, p)), lambda q, p: own_first(q @ p.T),
    lambda q, p: own_first(cosines(q, p[:len(q)])), lambda q, p: own_first(cosines(q, p), axis=0))


def searches(generator):
    """Questions and passages, the smallest first, on which the mistakes count otherwise."""
    return [search(generator, *shape) for shape in ((1, 2, 2), (2, 3, 2), (3, 5, 3), (4, 6, 4))]


def search(generator, n, N, D):
    """One case: drawn until no scores are near, and as many mistakes show as n allows."""
    while True:
        drawn = torch.randint(-9, 10, (n + N, D), generator=generator).double().numpy()
        case = drawn[:n], drawn[n:]
        if not drawn.any(axis=1).all():
            continue
        gaps = [np.diff(np.sort(table)).min() for table in (cosines(*case), case[0] @ case[1].T)]
        counts = [found(*case).sum() for found in (RIGHT, DOTS, FEW, ROWS)[:n + 1]]
        if min(gaps) > 1e-3 and counts[0] and len(set(counts)) == len(counts):
            return case


@function(
    cases=searches,
    mistakes={
        "you compare dot products, so passages of a large norm win: divide by the norms first":
            lambda *case: DOTS(*case).sum(),
        "you let only the first n passages compete: the others answer nothing, but they can win":
            lambda *case: FEW(*case).sum(),
        "you took the nearest question of each passage: a question's passages lie along axis 1":
            lambda *case: ROWS(*case).sum(),
        "this is a share: how many are wanted": lambda *case: RIGHT(*case).mean(),
        "you returned one answer per question: count them": RIGHT,
    },
    remember="A list of questions whose answers you know, and this one number, guard an index.",
    hints=("np.linalg.norm(passages, axis=1, keepdims=True) has shape (N, 1): it divides each row",
           "on rows of norm 1: (questions @ passages.T).argmax(axis=1), against np.arange(n)"),
)
def first_right(questions, passages):
    """write first_right: how many questions have their own passage nearest by cosine, of all N?"""
    return int(RIGHT(questions, passages).sum())
