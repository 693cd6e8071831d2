"""Wrong answers that people give in notebook 11, and the words that name the mistake."""
import torch
from torch import nn


def plain(similarity, temperature, word_of):
    return -(similarity / temperature).log_softmax(dim=1).diagonal().mean()


def zeroed_after_the_softmax(similarity, temperature, word_of):
    shares = torch.softmax(similarity / temperature, dim=1).clone()
    for i in range(len(word_of)):
        for j in range(len(word_of)):
            if i != j and word_of[i] == word_of[j]:
                shares[i, j] = 0
    return -torch.log(torch.diag(shares)).mean()


def everything_equal(similarity, temperature, word_of):
    scores = similarity.clone()
    for i in range(len(word_of)):
        for j in range(len(word_of)):
            if word_of[i] == word_of[j]:
                scores[i, j] = -torch.inf
    return nn.functional.cross_entropy(scores / temperature, torch.arange(len(word_of)))


def turned_round(similarity, temperature, word_of):
    scores = similarity / temperature
    kept = torch.where(word_of[:, None] == word_of, scores, -torch.inf)
    return nn.functional.cross_entropy(kept, torch.arange(len(word_of)))


def multiplied_by_zero(similarity, temperature, word_of):
    keep = (word_of[:, None] != word_of).float() + torch.eye(len(word_of))
    return nn.functional.cross_entropy(similarity * keep / temperature, torch.arange(len(word_of)))


def temperature_unused(similarity, temperature, word_of):
    keep = (word_of[:, None] != word_of) | torch.eye(len(word_of), dtype=bool)
    return -similarity.where(keep, -torch.inf).log_softmax(dim=1).diagonal().mean()


def all_of_the_word_are_right(similarity, temperature, word_of):
    logs = (similarity / temperature).log_softmax(dim=1)
    right = logs.masked_fill(word_of[:, None] != word_of, -torch.inf)
    return -right.logsumexp(dim=1).mean()


def questions_left_out(similarity, temperature, word_of):
    alone = [i for i, word in enumerate(word_of.tolist()) if word_of.tolist().count(word) == 1]
    logs = (similarity / temperature).log_softmax(dim=1)
    return -logs[alone, alone].mean()


def counts(nearest, shuffled):
    """The true order's, and a list of the others'."""
    own = torch.arange(len(nearest)).unsqueeze(1)
    luck = [(nearest == order.unsqueeze(1)).sum().item() for order in shuffled]
    return (nearest == own).sum().item(), luck


def strictly_more(nearest, shuffled):
    true, luck = counts(nearest, shuffled)
    return (1 + sum(n > true for n in luck)) / (1 + len(luck))


def the_other_tail(nearest, shuffled):
    true, luck = counts(nearest, shuffled)
    return (1 + sum(n <= true for n in luck)) / (1 + len(luck))


def mean_of_the_orders(nearest, shuffled):
    true, luck = counts(nearest, shuffled)
    return (torch.tensor(luck) >= true).double().mean()


def one_added_above(nearest, shuffled):
    true, luck = counts(nearest, shuffled)
    return (1 + sum(n >= true for n in luck)) / len(luck)


def one_added_below(nearest, shuffled):
    true, luck = counts(nearest, shuffled)
    return sum(n >= true for n in luck) / (1 + len(luck))


def either_question(nearest, shuffled):
    own = torch.arange(len(nearest)).unsqueeze(1)
    true = (nearest == own).any(dim=1).sum()
    luck = [(nearest == order.unsqueeze(1)).any(dim=1).sum() for order in shuffled]
    return (1 + sum(n >= true for n in luck)) / (1 + len(luck))


def both_questions(nearest, shuffled):
    own = torch.arange(len(nearest)).unsqueeze(1)
    true = (nearest == own).all(dim=1).sum()
    luck = [(nearest == order.unsqueeze(1)).all(dim=1).sum() for order in shuffled]
    return (1 + sum(n >= true for n in luck)) / (1 + len(luck))


def first_question(nearest, shuffled):
    true = (nearest[:, 0] == torch.arange(len(nearest))).sum()
    luck = (nearest[:, 0] == shuffled).sum(dim=1)
    return (1 + (luck >= true).sum()) / (1 + len(shuffled))


def shuffled_the_questions(nearest, shuffled):
    own = torch.arange(len(nearest)).unsqueeze(1)
    true = (nearest == own).sum()
    luck = [(nearest[order] == own).sum() for order in shuffled]
    return (1 + sum(n >= true for n in luck)) / (1 + len(luck))


def mean_found(nearest, shuffled):
    luck = counts(nearest, shuffled)[1]
    return sum(luck) / len(luck) / nearest.numel()


WRONG = {
    "loss_without_twins": [
        (plain, "still have a share"),
        (zeroed_after_the_softmax, "*before* the softmax"),
        (everything_equal, "left out the diagonal"),
        (turned_round, "other way round"),
        (multiplied_by_zero, "exp must be 0"),
        (temperature_unused, "forgot the temperature"),
        (all_of_the_word_are_right, "as right"),
        (questions_left_out, "whole question"),
    ],
    "permutation_p": [
        (strictly_more, "exactly as many"),
        (the_other_tail, "or *fewer*"),
        (mean_of_the_orders, "true order is missing"),
        (one_added_above, "divide by R + 1"),
        (one_added_below, "above the line"),
        (either_question, "you counted words:"),
        (both_questions, "words that find their page twice"),
        (first_question, "first question"),
        (shuffled_the_questions, "gave page w"),
        (mean_found, "share of questions"),
    ],
}
