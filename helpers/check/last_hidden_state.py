"""The exercises of notebook 03."""
import re
from dataclasses import dataclass
from zlib import crc32

import torch

from helpers.check.judge import function


@dataclass
class Vectors:
    """A stand-in for the model: the vector of a word that stands in the sentence, (2,)."""
    def __call__(self, word, sentence):
        if not re.search(rf"\b{word}\b", sentence):
            raise ValueError(f"{word!r} is not a word of {sentence!r}")
        generator = torch.Generator().manual_seed(crc32(f"{word}: {sentence}".encode()))
        return torch.randn(2, generator=generator)


def messages(generator):
    """A word, its control, sentences with their groups; in most `bank` is also a part of a word."""
    cases = []
    for case, n in enumerate([3, 3, 3, 4, 4, 5, 6, 6, 8, 10]):
        other = ("clerk", "banker", "embankment")[case % 3]
        marks = torch.randint(100, 1000, (n,), generator=generator).tolist()
        texts = [f"The {other} saw bank {mark}" for mark in marks]
        groups = [i % 2 for i in range(n)] if case % 2 else [int(i > n // 2) for i in range(n)]
        cases.append(("bank", "tower", texts, groups, Vectors()))
    return cases


def counting(pattern=r"\b{}\b", unit=1, itself=0, give=list):
    """A with_control that may go wrong: what is replaced, what is near, what is given."""
    def counted(word, control, sentences, groups, vector_of):
        counts = []
        for asked in (word, control):
            texts = [re.sub(pattern.format(word), asked, text) for text in sentences]
            rows = torch.stack([vector_of(asked, text) for text in texts])
            rows = rows / rows.norm(dim=-1, keepdim=True) ** unit
            best = (rows @ rows.T).fill_diagonal_(99 * itself - 50).argmax(dim=-1)
            counts.append(sum(groups[i] == groups[j] for i, j in enumerate(best.tolist())))
        return give(counts)
    return counted


@function(
    cases=messages,
    mistakes={
        "each sentence is its own nearest neighbour, so every count is full: leave the diagonal "
        "out": counting(itself=1),
        "you put the control into other words too: banker became towerer. "
        "Replace whole words, with \\b on both sides":
            counting(pattern="{}"),
        "the control must stand in the sentence first": counting(pattern="{}(?!)"),
        "you compared dot products, so long vectors win: wanted is the cosine": counting(unit=0),
        "first the count of the word, then that of its control":
            counting(give=lambda counts: counts[::-1]),
        "you counted the word only: without its control the number proves nothing":
            counting(give=lambda counts: counts[0]),
    },
    remember="A count is worth what it has more than its control: report both.",
    hints=("do it for the word, then the same for the control, in sentences in which "
           "re.sub(rf\"\\b{word}\\b\", control, sentence) has put it in the word's place",
           "stack the vectors, take all cosines, put -2 on the diagonal; argmax(dim=-1) is the "
           "nearest neighbour: is its group the same?"),
)
def with_control(word, control, sentences, groups, vector_of):
    """write with_control(word, control, sentences, groups, vector_of): for the word and for its
    control, how many sentences have their nearest neighbour in their own group.
    """
    return counting()(word, control, sentences, groups, vector_of)


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


@function(
    cases=sentences,
    mistakes={
        "you took the word's first piece only: average all of its pieces": first_piece,
        "you took the word's last piece only: average all of its pieces": last_piece,
        "you added the pieces up: the mean is wanted": summed,
        "the special tokens stand at (0, 0), and you took them for pieces of a word that begins at "
        "0: leave empty offsets out. And a piece may begin with the space before the word":
            rows_where(lambda a, b, start, end: start <= a < end),
        "the special tokens stand at (0, 0), and you took them for pieces of a word that begins at "
        "0: leave empty offsets out":
            rows_where(lambda a, b, start, end: start < b <= end or a == b == start),
        "you lost a piece that begins with the space before the word: "
        "ask which pieces overlap with it":
            rows_where(lambda a, b, start, end: start <= a and b <= end and a < b),
        "you took in a neighbour that only touches the word: "
        "a piece from 3 to 5 and a word from 5 to 9 share no letter":
            rows_where(lambda a, b, start, end: a <= end and b >= start),
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
