"""The exercises of notebook 04."""
import torch

from helpers.check.judge import function
from helpers.pooling import mean_pool


def batches(generator):
    """Hidden states and masks: one text first, then texts of different lengths; padding on the
    right, and on the left; at last a text without tokens.
    """
    cases = []
    shapes = [(1, 2, 1), (2, 2, 1), (2, 3, 2), (2, 3, 2), (3, 4, 2), (2, 5, 3), (4, 6, 3)]
    for case, (B, T, D) in enumerate(shapes):
        counts = torch.randint(1, T + 1, (B,), generator=generator)
        counts[-1], counts[0] = T, T - 1
        mask = (torch.arange(T) < counts[:, None]).long()                                   # (B, T)
        mask = mask.flip(1) if case % 3 == 0 else mask
        cases.append((torch.randint(1, 10, (B, T, D), generator=generator).float(), mask))
    cases.append((torch.tensor([[[4.0], [2.0]], [[6.0], [3.0]]]), torch.tensor([[1, 1], [0, 0]])))
    return cases


def sums(hidden, mask):
    """The sum over the real tokens of each text."""
    return (hidden * mask.unsqueeze(-1)).sum(dim=1)                                         # (B, D)


def average_count(hidden, mask):
    """The function that the learner repairs: one count for all texts."""
    return sums(hidden, mask) / mask.sum() * len(mask)


@function(
    cases=batches,
    given=average_count,
    mistakes={
        "you divided by T, padding included: divide by the number of real tokens of each text":
            lambda hidden, mask: sums(hidden, mask) / mask.shape[1],
        "you divided by the real tokens of the whole batch: each text has a count of its own":
            lambda hidden, mask: sums(hidden, mask) / mask.sum(),
        "the counts have shape (B,) and meet the axis of the D numbers: "
        "keepdim=True makes them (B, 1)":
            lambda hidden, mask: sums(hidden, mask) / mask.sum(dim=1),
        "wrong axis: mask.sum(dim=0) counts how many texts have a token at each place, shape (T,)":
            lambda hidden, mask: sums(hidden, mask) / mask.sum(dim=0),
        "every text is divided by the count of the first: each has a count of its own":
            lambda hidden, mask: sums(hidden, mask) / mask[0].sum(),
        "these are the sums: divide each by the number of real tokens of its text": sums,
        "you averaged over all places, padding included: "
        "the mask belongs in the sum and in the count":
            lambda hidden, mask: hidden.mean(dim=1),
        "you summed over padding too: the mask belongs in the sum and in the count":
            lambda hidden, mask: hidden.sum(dim=1) / mask.sum(dim=1, keepdim=True),
        "you took the first places of a text: padding may stand on the left, the mask says where":
            lambda hidden, mask: torch.stack(
                [hidden[i, :int(mask[i].sum())].mean(dim=0) for i in range(len(hidden))]),
        "right, but for a text without tokens: its mean is 0 / 0, nan. Raise a ValueError":
            lambda hidden, mask: sums(hidden, mask) / mask.sum(dim=1, keepdim=True),
        "a text without tokens has no mean: zeros pass for a vector. Raise a ValueError":
            lambda hidden, mask: sums(hidden, mask) / mask.sum(dim=1, keepdim=True).clamp(min=1),
    },
    remember="Every text has a count of its own, (B, 1). A test of one text, "
             "or of texts equally long, never finds this bug. A text without tokens has no mean.",
    hints=("by what does it divide? do the two texts of the pencil example need the same number?",
           "one count per text: mask.sum(dim=1, keepdim=True), shape (B, 1); "
           "if one of them is 0, raise ValueError(...)"),
)
def masked_mean(hidden, mask):
    """find the bug in masked_mean: right for one text, wrong for a batch. A text without tokens
    must raise ValueError.
    """
    for row in mask.tolist():
        if not any(row):
            raise ValueError("a text without tokens has no mean")
    return torch.cat([mean_pool(hidden[i:i + 1], mask[i:i + 1]) for i in range(len(hidden))])


def rows_of_ids(generator):
    """Lists of ids of different lengths, and the filler's id, which also stands among the real
    ones.
    """
    cases = []
    for lengths, pad_id in [((2, 1), 1), ((1, 3), 1), ((3, 1, 2), 0), ((2, 2), 3), ((2, 4, 1), 2),
                            ((5, 2, 3, 5), 4), ((4,), 1)]:
        rows = [torch.randint(5, 10, (length,), generator=generator).tolist() for length in lengths]
        if len(cases) != 1:            # a real token with the filler's id, as in models without one
            rows[-1][0] = pad_id
        cases.append((rows, pad_id))
    return cases


def filled(rows, pad_id, left=False):
    """Ids and mask, filled up on the right or on the left."""
    T = max(map(len, rows))
    ids, mask = [], []
    for row in rows:
        fill, real = [pad_id] * (T - len(row)), [1] * len(row)
        ids.append(fill + row if left else row + fill)
        mask.append([0] * len(fill) + real if left else real + [0] * len(fill))
    return torch.tensor(ids), torch.tensor(mask)                                       # (B, T) each


def read_off(rows, pad_id):
    """A mask that is guessed from the ids."""
    ids = filled(rows, pad_id)[0]
    return ids, ids != pad_id


def shortest(rows, pad_id):
    """All rows cut to the shortest."""
    T = min(map(len, rows))
    return torch.tensor([row[:T] for row in rows]), torch.ones(len(rows), T)


@function(
    cases=rows_of_ids,
    mistakes={
        "you read the mask off the ids: a real token may have the filler's id, "
        "as in models that fill with their end of "
        "text. The lengths of the rows know better": read_off,
        "you filled up on the left: here the filler goes to the right":
            lambda rows, pad_id: filled(rows, pad_id, left=True),
        "you filled up with 0: every tokenizer has its own filler, here pad_id":
            lambda rows, pad_id: (filled(rows, 0)[0], filled(rows, pad_id)[1]),
        "your mask says that every token is real: 0 where you filled up":
            lambda rows, pad_id:
                (filled(rows, pad_id)[0], torch.ones_like(filled(rows, pad_id)[0])),
        "your mask is the wrong way round: 1 is a token, 0 is filler":
            lambda rows, pad_id: (filled(rows, pad_id)[0], 1 - filled(rows, pad_id)[1]),
        "you cut all rows to the shortest: T is the length of the longest": shortest,
        "you returned the ids alone: return two things, ids and mask":
            lambda rows, pad_id: filled(rows, pad_id)[0],
        "ids first, then the mask": lambda rows, pad_id: filled(rows, pad_id)[::-1],
    },
    remember="The mask is made where padding is made. Guessed afterwards from the ids, "
             "it loses real tokens.",
    hints=("T is the length of the longest row; a row of n tokens gets T - n fillers: "
           "what does its mask look like?",
           "row + [pad_id] * (T - n) and [1] * n + [0] * (T - n), collected for all rows, "
           "then torch.tensor of each"),
)
def pad_batch(rows, pad_id):
    """write pad_batch(rows, pad_id): lists of ids -> ids and mask, (B, T) each, filled up on the
    right.
    """
    T = max(len(row) for row in rows)
    ids, mask = torch.full((len(rows), T), pad_id), torch.zeros(len(rows), T)
    for i, row in enumerate(rows):
        ids[i, :len(row)], mask[i, :len(row)] = torch.tensor(row), 1
    return ids, mask
