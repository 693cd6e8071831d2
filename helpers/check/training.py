"""The exercises of notebook 11."""
import torch
from torch.nn.functional import cross_entropy

from helpers.check.judge import function

SIZES = [3, 4, 4, 8, 16]                                # pairs in a batch


def labelled(generator):
    """Similarities, a temperature, and the word of each pair: some words occur twice, the smallest
    batch first. The diagonal is not always the largest.
    """
    cases = []
    for B in SIZES:
        similarity = (torch.rand(B, B, generator=generator) * 2 - 1) * 0.9          # (B, B) cosines
        similarity = (similarity + 0.5 * torch.eye(B)).clamp(-1, 1)
        temperature = 0.05 + torch.rand(1, generator=generator).item() * 0.3
        word_of = torch.randint(B - 1, (B,), generator=generator)                             # (B,)
        word_of[:3] = torch.tensor([0, 0, 1])           # a twin and another word at least
        cases.append((similarity, temperature, word_of))
    return cases


def info_nce(similarity, temperature):
    """The loss of the lesson."""
    return cross_entropy(similarity / temperature, torch.arange(len(similarity)))


def without(similarity, temperature, left_out, filler=float("-inf")):
    """The loss, with `filler` in place of the scores that are left out."""
    return info_nce((similarity / temperature).masked_fill(left_out, filler), 1)


def twins(word_of):
    """Where a pair stands beside another pair of its word: (B,) -> (B, B)."""
    return (word_of[:, None] == word_of[None, :]) & ~torch.eye(len(word_of), dtype=torch.bool)


def shares_removed(similarity, temperature, word_of):
    """Sets the twins' shares to 0 after the softmax: what they had is nobody's."""
    return info_nce(similarity, temperature)


def several_right(similarity, temperature, word_of):
    """Counts the twins as right answers too."""
    shares = (similarity / temperature).softmax(dim=1)                                      # (B, B)
    return -torch.log((shares * (word_of[:, None] == word_of[None, :])).sum(dim=1)).mean()


def rows_dropped(similarity, temperature, word_of):
    """Leaves out the whole question, where its word occurs twice."""
    alone = ~twins(word_of).any(dim=1)                                                        # (B,)
    return cross_entropy(similarity / temperature, torch.arange(len(word_of)),
                         reduction="none")[alone].mean()


@function(
    cases=labelled,
    mistakes={
        "you left out the diagonal too: that is the right answer, and it must stay":
            lambda s, t, word_of: without(s, t, word_of[:, None] == word_of[None, :]),
        "the other pairs of the same word still have a share, as if they were wrong: take them out "
        "*before* the softmax": shares_removed,
        "you kept the same word and left out the others: it is the other way round":
            lambda s, t, word_of: without(s, t, word_of[:, None] != word_of[None, :]),
        "a score of 0 has the exp 1, and so a share: its exp must be 0":
            lambda s, t, word_of: without(s, t, twins(word_of), 0.0),
        "you forgot the temperature": lambda s, t, word_of: without(s, 1.0, twins(word_of)),
        "you counted the other pairs of a word as right: they are to have no share at all":
            several_right,
        "you left out the whole question: only those places of its row go": rows_dropped,
    },
    remember="An answer that is not wrong must not be pushed away. A score of −∞ has a share of 0, "
             "and no gradient.",
    hints=("word_of[:, None] == word_of[None, :] is a (B, B) table that says where two pairs share "
           "a word; the diagonal is in it, and must come out again",
           "exp(−∞) is 0: put float('-inf') in those places of the scores (torch.where, or "
           "masked_fill), and hand the scores to cross_entropy as info_nce does"),
)
def loss_without_twins(similarity, temperature, word_of):
    """write loss_without_twins(similarity, temperature, word_of): info_nce, where other pairs of
    the same word have no share.
    """
    losses = []
    for i, row in enumerate(similarity / temperature):                                   # row: (B,)
        others = row[word_of != word_of[i]]
        losses.append(torch.logsumexp(torch.cat([row[i:i + 1], others]), dim=0) - row[i])
    return torch.stack(losses).mean()


def orders(generator):
    """The nearest page of each word's two questions, and random orders of the pages, the fewest
    words first. Some questions find their page; some orders find exactly as many.
    """
    cases = []
    for W, R in [(3, 3), (4, 9), (5, 19), (6, 99), (18, 199)]:
        nearest = torch.randint(W, (W, 2), generator=generator)                             # (W, 2)
        nearest[0, 0], nearest[1] = 0, 1                # three of them at least
        shuffled = torch.stack([torch.randperm(W, generator=generator) for _ in range(R)])  # (R, W)
        shuffled[0] = torch.arange(W)                   # finds exactly as many
        cases.append((nearest, shuffled))
    return cases


def found(nearest, shuffled):
    """How many questions find their page: in the true order, and in each of the others, (R,)."""
    true = torch.arange(len(nearest))
    return ((nearest == true[:, None]).sum(),
            (nearest == shuffled[:, :, None]).sum(dim=(1, 2)))


def share(luck, above=1, below=1):
    """The share of the orders in which luck did it, (R,), with the true order counted or not."""
    return (luck.sum() + above) / (len(luck) + below)


def _more(nearest, shuffled):
    true, luck = found(nearest, shuffled)
    return share(luck > true)


def _fewer(nearest, shuffled):
    true, luck = found(nearest, shuffled)
    return share(luck <= true)


def _without_the_true_order(nearest, shuffled):
    true, luck = found(nearest, shuffled)
    return share(luck >= true, 0, 0)


def _above_only(nearest, shuffled):
    true, luck = found(nearest, shuffled)
    return share(luck >= true, 1, 0)


def _below_only(nearest, shuffled):
    true, luck = found(nearest, shuffled)
    return share(luck >= true, 0, 1)


def _by_word(together):
    """Counts a word once: if both of its questions find the page, or one (`together`)."""
    def p(nearest, shuffled):
        true = together(nearest == torch.arange(len(nearest))[:, None], 1).sum()
        return share(together(nearest == shuffled[:, :, None], 2).sum(dim=1) >= true)
    return p


def _turned_round(nearest, shuffled):
    """Gives page w to the word shuffled[r, w]."""
    return share(found(nearest, shuffled.argsort(dim=1))[1] >= found(nearest, shuffled)[0])


@function(
    cases=orders,
    mistakes={
        "an order that finds exactly as many counts too": _more,
        "you counted the orders that find as many or *fewer*: count as many or more": _fewer,
        "the true order is missing: it is one more order, and it finds as many as itself":
            _without_the_true_order,
        "the true order is one of the orders too: divide by R + 1": _above_only,
        "the true order finds as many as itself: count it above the line too": _below_only,
        "you counted words: each of a word's two questions counts": _by_word(torch.any),
        "you counted words that find their page twice: each of the two questions counts":
            _by_word(torch.all),
        "you used the first question of each word alone": lambda nearest, shuffled:
            permutation_p.definition(nearest[:, :1], shuffled),
        "you gave page w to the word shuffled[r, w]: the page of word w is shuffled[r, w]":
            _turned_round,
        "you gave the share of questions that luck finds: count the *orders* that do as well":
            lambda nearest, shuffled: found(nearest, shuffled)[1].double().mean() / nearest.numel(),
    },
    remember="Where luck hardly ever does as well, it is not the reason. The orders change only "
             "what you claim: here, which page belongs to which word.",
    hints=("first the number that find their page in the true order: nearest against "
           "torch.arange(W)[:, None]; then the same for each order, in a loop over shuffled",
           "p = (1 + the number of orders that find at least as many) / (1 + R)"),
)
def permutation_p(nearest, shuffled):
    """write permutation_p(nearest, shuffled): the share of the orders, the true one among them, in
    which at least as many questions find their page as in the true one.
    """
    true, luck = found(nearest, shuffled)
    return share(luck >= true)
