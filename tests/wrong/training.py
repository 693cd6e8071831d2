"""Wrong answers that people give in notebook 11, and the words that name the mistake."""
import torch
from torch import nn


def log_forgotten(similarity, temperature):
    shares = torch.softmax(similarity / temperature, dim=-1)
    return -shares[range(len(shares)), range(len(shares))].mean()


def distance_from_one(similarity, temperature):
    shares = torch.softmax(similarity / temperature, dim=-1)
    return (1 - torch.diag(shares)).mean()


def softmax_removed_with_its_temperature(similarity, temperature):
    return nn.CrossEntropyLoss()(similarity, torch.arange(similarity.shape[0]))


def scaled_the_wrong_way(similarity, temperature):
    return nn.functional.cross_entropy(temperature * similarity, torch.arange(len(similarity)))


def passages_ask(similarity, temperature):
    return -(similarity / temperature).log_softmax(dim=0).diagonal().mean()


def total(similarity, temperature):
    return -(similarity / temperature).log_softmax(dim=1).diagonal().sum()


def plain(similarity, temperature, words):
    return -(similarity / temperature).log_softmax(dim=1).diagonal().mean()


def everything_equal(similarity, temperature, words):
    scores = similarity.clone()
    for i in range(len(words)):
        for j in range(len(words)):
            if words[i] == words[j]:
                scores[i, j] = -torch.inf
    return nn.functional.cross_entropy(scores / temperature, torch.arange(len(words)))


def turned_round(similarity, temperature, words):
    scores = similarity / temperature
    kept = torch.where(words[:, None] == words, scores, -torch.inf)
    return nn.functional.cross_entropy(kept, torch.arange(len(words)))


def multiplied_by_zero(similarity, temperature, words):
    keep = (words[:, None] != words).float() + torch.eye(len(words))
    return nn.functional.cross_entropy(similarity * keep / temperature, torch.arange(len(words)))


def temperature_unused(similarity, temperature, words):
    keep = (words[:, None] != words) | torch.eye(len(words), dtype=bool)
    return -similarity.where(keep, -torch.inf).log_softmax(dim=1).diagonal().mean()


WRONG = {
    "repaired_loss": [
        (log_forgotten, "take the logarithm"),
        (distance_from_one, "one minus"),
        (softmax_removed_with_its_temperature, "temperature is gone"),
        (scaled_the_wrong_way, "multiplied"),
        (passages_ask, "along the columns"),
        (total, "take the mean"),
    ],
    "loss_without_twins": [
        (plain, "still count"),
        (everything_equal, "left out the diagonal"),
        (turned_round, "other way round"),
        (multiplied_by_zero, "only −∞"),
        (temperature_unused, "forgot the temperature"),
    ],
}
