"""Wrong answers that people give in notebook 06, and the words that name the mistake."""
import math

import torch

from helpers.check.normalization import store


def largest_distance_first(query, passages):
    a, b = query / query.norm(), passages / passages.norm(dim=1, keepdim=True)
    return ((a - b) ** 2).sum(dim=1).argsort(descending=True)


def dot_product(query, passages):
    return torch.argsort(-torch.mv(passages, query))


def query_only(query, passages):
    query = torch.nn.functional.normalize(query, dim=0)
    return torch.cdist(query[None], passages)[0].sort().indices


def wrong_axis(query, passages):
    a = torch.nn.functional.normalize(query, dim=0)
    b = torch.nn.functional.normalize(passages, dim=0)
    return (b - a).norm(dim=1).argsort().tolist()


def one_norm(query, passages):
    return ((passages / passages.norm() - query / query.norm()) ** 2).sum(dim=-1).argsort()


WRONG = {
    "rank_by_cosine": [
        (largest_distance_first, "wrong way round"),
        (dot_product, "wins by it"),
        (query_only, "the query only"),
        (wrong_axis, "dim=0"),
        (one_norm, "the whole table"),
    ],
    "largest_distance": [
        (lambda cosine: 2 * (1 - cosine), "take the root"),
        (lambda cosine: math.sqrt(1 - cosine), "factor 2"),
        (lambda cosine: 1 - cosine, "cosine distance"),
        (lambda cosine: 1 - cosine * cosine / 2, "in the place of the distance"),
        (lambda cosine: math.sqrt(2 + 2 * cosine), "sign of the cosine"),
        (math.acos, "straight line"),
    ],
}


def many_stores(generator):
    return [store(generator, B, D) for B, D in ((2, 2), (2, 3), (3, 3), (4, 4), (5, 3), (6, 5))]


WIDE = {
    "rank_by_cosine": many_stores,
    "largest_distance": lambda generator: [(i / 10 - 1,) for i in range(21)],
}
