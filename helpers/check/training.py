"""The exercises of notebook 11."""
import torch
from torch.nn.functional import cross_entropy

from helpers.check.judge import function

SIZES = [2, 3, 4, 8, 16]                                # pairs in a batch


def tables(generator):
    """Similarities of a batch and a temperature, the smallest batch first: the diagonal is not
    always the largest.
    """
    cases = []
    for B in SIZES:
        similarity = (torch.rand(B, B, generator=generator) * 2 - 1) * 0.9          # (B, B) cosines
        temperature = 0.05 + torch.rand(1, generator=generator).item() * 0.3
        cases.append(((similarity + 0.5 * torch.eye(B)).clamp(-1, 1), temperature))
    return cases


def softmax_twice(similarity, temperature):
    """The loss of scores that were in a softmax before."""
    shares = (similarity / temperature).softmax(dim=1)                                      # (B, B)
    return cross_entropy(shares, torch.arange(len(shares)))


def no_temperature(similarity, temperature):
    """The loss without the temperature."""
    return cross_entropy(similarity, torch.arange(len(similarity)))


def multiplied(similarity, temperature):
    """The loss of scores times the temperature."""
    return cross_entropy(similarity * temperature, torch.arange(len(similarity)))


def no_logarithm(similarity, temperature):
    """One minus the right answer's share."""
    return 1 - (similarity / temperature).softmax(dim=1).diagonal().mean()


def minus_share(similarity, temperature):
    """Minus the right answer's share."""
    return -(similarity / temperature).softmax(dim=1).diagonal().mean()


def columns(similarity, temperature):
    """The loss along the columns."""
    return cross_entropy(similarity.T / temperature, torch.arange(len(similarity)))


def summed(similarity, temperature):
    """The sum in place of the mean."""
    return cross_entropy(similarity / temperature, torch.arange(len(similarity)), reduction="sum")


@function(
    given=softmax_twice,
    cases=tables,
    mistakes={
        "this is minus the right answer's share: take the logarithm of the share": minus_share,
        "this is one minus the right answer's share: the loss is minus the logarithm of the share":
            no_logarithm,
        "the temperature is gone: divide the similarities by it": no_temperature,
        "you multiplied by the temperature: divide by it": multiplied,
        "you took the softmax along the columns: each question is a row": columns,
        "this is the sum over the questions: take the mean": summed,
    },
    remember="cross_entropy takes scores, not shares: it has its own softmax, "
             "and a second one flattens what it sees.",
    hints=("what does cross_entropy do with its first argument before it takes a logarithm? "
           "it is one line of this notebook",
           "cross_entropy does the softmax itself: hand it similarity / temperature, "
           "and nothing that was in a softmax"),
)
def repaired_loss(similarity, temperature):
    """repair repaired_loss(similarity, temperature), so that it is the loss of this notebook."""
    shares = torch.exp(similarity / temperature)                                            # (B, B)
    shares = shares / shares.sum(dim=1, keepdim=True)
    return -torch.log(shares.diagonal()).mean()


def labelled(generator):
    """Similarities, a temperature, and the word of each pair: some words occur twice, the smallest
    batch first.
    """
    cases = []
    for (similarity, temperature), B in zip(tables(generator), SIZES, strict=True):
        words = torch.randint(max(1, B // 2), (B,), generator=generator)                      # (B,)
        cases.append((similarity, temperature, words))
    return cases


def without(similarity, temperature, left_out, filler=float("-inf")):
    """The loss, with `filler` in place of the scores that are left out."""
    scores = (similarity / temperature).masked_fill(left_out, filler)                       # (B, B)
    return cross_entropy(scores, torch.arange(len(scores)))


def twins(words):
    """Where a pair stands beside another pair of its word: (B,) -> (B, B)."""
    return (words[:, None] == words[None, :]) & ~torch.eye(len(words), dtype=torch.bool)


@function(
    cases=labelled,
    mistakes={
        "you left out the diagonal too: that is the right answer, and it must stay":
            lambda s, t, words: without(s, t, words[:, None] == words[None, :]),
        "the pairs of the same word still count as wrong answers":
            lambda s, t, words: no_temperature(s / t, t),
        "you kept the same word and left out the others: it is the other way round":
            lambda s, t, words: without(s, t, words[:, None] != words[None, :]),
        "a score of 0 is a share like any other: only −∞ becomes a share of 0":
            lambda s, t, words: without(s, t, twins(words), 0.0),
        "you forgot the temperature": lambda s, t, words: without(s, 1.0, twins(words)),
    },
    remember="What is no wrong answer must not be pushed away: −∞ before the softmax takes it out, "
             "as it did for padding.",
    hints=("words[:, None] == words[None, :] is a (B, "
           "B) table that says where two pairs share a word; "
           "the diagonal is in it, and must come out again",
           "similarity.masked_fill(table, float('-inf')) takes those scores out; "
           "then info_nce as before"),
)
def loss_without_twins(similarity, temperature, words):
    """write loss_without_twins(similarity, temperature, words): info_nce without wrong answers of
    the same word.
    """
    losses = []
    for i, row in enumerate(similarity / temperature):                                   # row: (B,)
        others = row[words != words[i]]
        losses.append(torch.logsumexp(torch.cat([row[i:i + 1], others]), dim=0) - row[i])
    return torch.stack(losses).mean()
