"""Wrong answers that people give in notebook 10, and the words that name the mistake."""
import collections

import torch


def added_up(ids, weights):
    found = collections.defaultdict(float)
    for i, weight in zip(ids, weights, strict=True):
        if weight > 0:
            found[i] += weight
    return dict(found)


def first_stays(ids, weights):
    found = {}
    for i, weight in zip(ids, weights, strict=True):
        if weight > 0:
            found.setdefault(i, weight)
    return found


def wrong_way_round(ids, weights):
    found = {}
    for i, weight in zip(ids, weights, strict=True):
        if weight > 0 and (i not in found or weight < found[i]):
            found[i] = weight
    return found


def with_zeros(ids, weights):
    found = {}
    for i, weight in zip(ids, weights, strict=True):
        found[i] = max(found.get(i, 0), weight)
    return found


def with_the_one_before(ids, weights):
    found, before = {}, None
    for i, weight in zip(ids, weights, strict=True):
        if weight > 0 and (i != before or weight > found.get(i, 0)):
            found[i] = weight
        before = i
    return found


def no_mask(query, passage, mask):
    return torch.einsum("nc,mc->nm", query, passage).max(dim=1).indices


def zeroed_passage(query, passage, mask):
    return (query @ (passage * mask[:, None]).T).argmax(dim=-1)


def over_the_query(query, passage, mask):
    table = passage @ query.T
    table[mask == 0] = float("-inf")
    return table.argmax(dim=1)


def values(query, passage, mask):
    return (query @ passage[mask.bool()].T).max(dim=1).values


def shifted(query, passage, mask):
    return (query @ passage[mask.bool()].T).argmax(dim=1)


def mask_the_wrong_way(query, passage, mask):
    return (query @ passage.T).masked_fill(mask.bool(), -1e9).argmax(dim=1)


WRONG = {
    "collect": [
        (added_up, "add up"),
        (first_stays, "the first weight"),
        (wrong_way_round, "smallest"),
        (with_zeros, "whose weight is 0"),
        (with_the_one_before, "further off"),
    ],
    "matches": [
        (no_mask, "padding takes part"),
        (zeroed_passage, "pads became 0"),
        (over_the_query, "wrong axis"),
        (values, "best values"),
        (shifted, "counted without it"),
        (mask_the_wrong_way, "turned the mask around"),
    ],
}
