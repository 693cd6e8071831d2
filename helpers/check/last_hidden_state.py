"""The exercises of notebook 03."""
import torch
from torch.nn.functional import cosine_similarity

from helpers.check.judge import function


def paths(generator):
    """One token's vector before the first layer and after each: the smallest first, many, since an
    answer is one number.

    In some, what goes in is longer than all that comes out.
    """
    cases = []
    large = [(4, 2), (4, 3), (5, 3), (6, 3), (8, 2), (12, 4)]
    for case, (L, D) in enumerate([*[(2, 2)] * 6, *[(3, 2)] * 4, *large]):
        states = 5 * torch.randn(L + 1, D, generator=generator)                         # (L + 1, D)
        if case % 4 == 1:
            states[0] *= 1 + states.norm(dim=-1).max() / states[0].norm()
        cases.append((states.round(decimals=2) + 0.0,))                               # + 0.0: no −0
    return cases


def moves(states):
    """What each layer adds: (L + 1, D) -> (L, D)."""
    return states[1:] - states[:-1]                             # (L, D)


@function(
    cases=paths,
    mistakes={
        "you gave the index of the difference: index 0 is what layer 1 did, "
        "because states[0] is what goes in":
            lambda states: moves(states).norm(dim=-1).argmax(),
        "you measured from where the token started: "
        "wanted is what each layer does to what the layer before it gave":
            lambda states: (states[1:] - states[0]).norm(dim=-1).argmax() + 1,
        "you looked for the longest vector: wanted is the largest change":
            lambda states: states[1:].norm(dim=-1).argmax() + 1,
        "you looked for the longest vector, and counted what goes in as a layer: "
        "wanted is the largest change":
            lambda states: states.norm(dim=-1).argmax(),
        "you took one norm over all layers: one number per layer is wanted, norm(dim=-1)":
            lambda states: moves(states).norm().argmax() + 1,
        "you added the changes up with their signs, so that they cancel: take the norm, "
        "norm(dim=-1)":
            lambda states: moves(states).sum(dim=-1).argmax() + 1,
        "you looked for the largest change of direction: the distance is wanted, "
        "norm(dim=-1) of the difference":
            lambda states: cosine_similarity(states[1:], states[:-1], dim=-1).argmin() + 1,
        "this is the layer that changes it least":
            lambda states: moves(states).norm(dim=-1).argmin() + 1,
    },
    remember="hidden_states has L + 1 entries: layer i takes entry i − 1 and gives entry i.",
    hints=("what layer i did to the vector is the difference of two neighbouring rows: which two?",
           "(states[1:] - states[:-1]).norm(dim=-1) has one number per layer; "
           "its first is layer 1"),
)
def busiest_layer(states):
    """write busiest_layer(states), the number (1 … L) of the layer that moves a token's vector
    furthest.
    """
    far = [torch.dist(states[i - 1], states[i]).item() for i in range(1, len(states))]
    return 1 + far.index(max(far))


def sentences(generator):
    """Hidden state, offsets, and the characters of the first, the last, or any word.

    In every second case the space belongs to the piece after it, as some tokenizers have it.
    """
    cases = []
    sizes = [(1, 1), (2, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 2), (4, 2), (4, 2), (5, 3)]
    for case, (words, D) in enumerate(sizes):
        lengths = torch.randint(3, 7, (words,), generator=generator).tolist()
        starts = [sum(lengths[:i]) + i for i in range(words)]   # a space before all but the first
        offsets = [(0, 0)]
        for start, length in zip(starts, lengths, strict=True):
            knife = int(torch.randint(1, length - 1, (), generator=generator))  # two pieces or more
            edges = [start, start + knife, start + length]
            pieces = list(zip(edges, edges[1:], strict=False))
            pieces[0] = (start - (case % 2 and start > 0), edges[1])
            offsets += pieces
        offsets.append((0, 0))                                # the special tokens come from nowhere
        chosen = (0, words - 1, int(torch.randint(0, words, (), generator=generator)))[case % 3]
        hidden = torch.randint(1, 100, (len(offsets), D), generator=generator).float()
        cases.append((hidden, offsets, starts[chosen], starts[chosen] + lengths[chosen]))
    return cases


def rows_where(keep):
    """A word_vector of the rows whose offsets `keep(first, last, start, end)` accepts."""
    def averaged(hidden, offsets, start, end):
        return hidden[[keep(a, b, start, end) for a, b in offsets]].mean(dim=0)
    return averaged


def first_piece(hidden, offsets, start, end):
    """The vector of the piece in which the word starts."""
    return next(hidden[i] for i, (a, b) in enumerate(offsets) if a <= start < b)


def last_piece(hidden, offsets, start, end):
    """The vector of the piece in which the word ends."""
    return next(hidden[i] for i, (a, b) in enumerate(offsets) if a < end <= b)


def summed(hidden, offsets, start, end):
    """The sum over the word's pieces."""
    return sum(hidden[i] for i, (a, b) in enumerate(offsets) if a < end and b > start)


def letter_by_letter(hidden, offsets, start, end):
    """Each piece counted once for each of its letters."""
    rows = [first_piece(hidden, offsets, letter, end) for letter in range(start, end)]
    return torch.stack(rows).mean(dim=0)


@function(
    cases=sentences,
    mistakes={
        "you took the word's first piece only: average all of its pieces": first_piece,
        "you took the word's last piece only: average all of its pieces": last_piece,
        "you added the pieces up: the mean is wanted": summed,
        "the special tokens stand at (0, 0), and you took them for pieces of a word that begins at "
        "0: leave empty offsets "
        "out. And a piece may begin with the space before the word":
            rows_where(lambda a, b, start, end: start <= a < end),
        "the special tokens stand at (0, 0), and you took them for pieces of a word that begins at "
        "0: leave empty offsets "
        "out": rows_where(lambda a, b, start, end: start < b <= end or a == b == start),
        "you lost a piece that begins with the space before the word: "
        "ask which pieces overlap with it":
            rows_where(lambda a, b, start, end: start <= a and b <= end and a < b),
        "you took in a neighbour that only touches the word: "
        "a piece from 3 to 5 and a word from 5 to 9 share no letter":
            rows_where(lambda a, b, start, end: a <= end and b >= start),
        "you counted each piece once per letter: every piece once": letter_by_letter,
        "start and end count characters, the rows of the hidden state are tokens: "
        "the offsets lead from one to the other":
            lambda hidden, offsets, start, end: hidden[start:end].mean(dim=0),
    },
    remember="A word is as many rows as it has pieces: its vector is a pooling of its own, "
             "and the offsets are its mask.",
    hints=("which tokens have at least one letter of the word? compare each (first, "
           "last) of the offsets with (start, end)",
           "a token overlaps the word if first < end and last > start; "
           "that leaves the special ones, (0, 0), out by itself"),
)
def word_vector(hidden, offsets, start, end):
    """write word_vector(hidden, offsets, start, end), the mean of the vectors of all pieces of one
    word: -> (D,).
    """
    letters = set(range(start, end))
    rows = [i for i, (first, last) in enumerate(offsets) if letters & set(range(first, last))]
    return hidden[rows].mean(dim=0)
