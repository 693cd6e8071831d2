"""The exercises of notebook 05."""
import torch

from helpers.check.judge import example, function
from helpers.pooling import max_pool


def batches(generator):
    """Hidden states and masks, padded on the right: the smallest first. Every text has two special
    tokens and a word.
    """
    cases = []
    for B, T, D in [(1, 3, 1), (1, 4, 1), (2, 4, 2), (3, 6, 2), (4, 9, 3)]:
        counts = torch.randint(3, T + 1, (B,), generator=generator)
        counts[0] = T if T == 3 else T - 1
        mask = (torch.arange(T) < counts[:, None]).long()                                   # (B, T)
        cases.append((torch.randint(-9, 10, (B, T, D), generator=generator).float(), mask))
    return cases


def column_minus_one(hidden, mask):
    """Leaves out the first and the last column."""
    words = mask.clone()
    words[:, 0] = words[:, -1] = 0
    return _mean(hidden, words)


def by_original_count(hidden, mask):
    """Divides by the count of all real tokens."""
    words = _words(mask)
    return _mean(hidden, words) * words.sum(1, keepdim=True) / mask.sum(1, keepdim=True)


def only_cls_left_out(hidden, mask):
    """Leaves out the first token alone."""
    words = mask.clone()
    words[:, 0] = 0
    return _mean(hidden, words)


def _mean(hidden, mask):
    """The mean over the tokens in the mask."""
    weights = mask.unsqueeze(-1).float()                                                 # (B, T, 1)
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1)                               # (B, D)


def _words(mask):
    """The mask without the first and the last real token of each row."""
    return mask * (mask.cumsum(1) > 1) * (mask.flip(1).cumsum(1).flip(1) > 1)               # (B, T)


@function(
    cases=batches,
    mistakes={
        "you left out column −1, which is padding for short texts: "
        "leave out the last *real* token of each row":
            column_minus_one,
        "you divided by the number of all real tokens: the two special ones no longer count":
            by_original_count,
        "you left out the first token only: the last real token of each row is special too":
            only_cls_left_out,
        "this is the mean of all real tokens: leave out the first and the last of them": _mean,
        "you averaged over all places, padding included: start from the mask":
            lambda hidden, mask: hidden.mean(dim=1),
    },
    remember="A mask can leave out anything, not only padding: "
             "a pooling is a choice of tokens and of weights.",
    hints=("make a copy of the mask, mask.clone(), and set two places of each row to 0: the first, "
           "and the last that is 1",
           "the last real token of row i stands at mask.sum(dim=1)[i] - 1; with that mask, "
           "mean_pool does the rest"),
)
def mean_without_special(hidden, mask):
    """write mean_without_special(hidden, mask), the mean of each text's real tokens except the
    first and last.
    """
    rows = [hidden[i, 1:int(mask[i].sum()) - 1].mean(dim=0) for i in range(len(hidden))]
    return torch.stack(rows)                                                                # (B, D)


def _masked(answer):
    """The answer as a hidden state, and its mask: the second token is padding."""
    return torch.as_tensor(answer), torch.tensor([[1, 0]])


@example(
    mistakes={
        "its shape must be (1, 2, 1): one text, two tokens, one number each":
            lambda answer: tuple(torch.as_tensor(answer).shape) != (1, 2, 1),
        "the numbers must be finite": lambda answer: not torch.as_tensor(answer).isfinite().all(),
        "here it is right: the real token's number is not negative, "
        "so the 0 that padding becomes does not beat it":
            lambda answer: torch.as_tensor(answer)[0, 0, 0] >= 0,
    },
    remember="Padding set to 0 beats every negative number; set to −∞ it beats none.",
    hints=("what does padding become here, after the multiplication? "
           "when is that the largest value?",
           "the second token is padding: its number does not matter. "
           "Choose the first one so that 0 is larger"),
)
def breaks_max(answer):
    """put numbers into `counterexample`, shape (1, 2, 1), on which `suspicious_max` is wrong."""
    hidden, mask = _masked(answer)
    return bool((hidden * mask.unsqueeze(-1)).amax(dim=1) != max_pool(hidden, mask))
