"""Wrong answers that people give in notebook 03, and the words that name the mistake."""
import numpy as np
import torch

from helpers.check.last_hidden_state import sentences


def counted_from_0(states):
    return int((states[1:] - states[:-1]).norm(dim=-1).argmax())


def from_the_beginning(states):
    far = [(state - states[0]).norm() for state in states]
    return int(np.argmax(far))


def longest(states):
    lengths = states.norm(dim=1)
    return lengths[1:].argmax() + 1


def longest_of_all(states):
    return int(states.norm(dim=1).argmax())


def one_norm(states):
    return (states[1:] - states[:-1]).norm().argmax() + 1


def with_signs(states):
    return int(torch.diff(states, dim=0).mean(dim=1).argmax()) + 1


def direction(states):
    unit = states / states.norm(dim=-1, keepdim=True)
    return int((unit[1:] * unit[:-1]).sum(dim=-1).argmin()) + 1


def laziest(states):
    return int((states[1:] - states[:-1]).norm(dim=-1).argmin()) + 1


def first_letter(hidden, offsets, start, end):
    for i, (first, last) in enumerate(offsets):
        if first <= start < last:
            return hidden[i]


def last_letter(hidden, offsets, start, end):
    token = [i for i, (first, last) in enumerate(offsets) if first < end <= last]
    return hidden[token[0]]


def begins_inside(hidden, offsets, start, end):
    tokens = [i for i, (first, _) in enumerate(offsets) if first in range(start, end)]
    return hidden[tokens].mean(dim=0)


def inside(hidden, offsets, start, end):
    tokens = [i for i, (first, last) in enumerate(offsets) if first >= start and last <= end]
    return hidden[tokens].mean(dim=0)


def inside_without_special(hidden, offsets, start, end):
    tokens = [i for i, (first, last) in enumerate(offsets)
              if first >= start and last <= end and last > first]
    return hidden[tokens].mean(dim=0)


def ends_inside_or_special(hidden, offsets, start, end):
    tokens = [i for i, (first, last) in enumerate(offsets)
              if start < last <= end or (start == 0 and last == 0)]
    return hidden[tokens].mean(dim=0)


def touching(hidden, offsets, start, end):
    tokens = [i for i, (first, last) in enumerate(offsets) if not (last < start or first > end)]
    return hidden[tokens].mean(dim=0)


def added_up(hidden, offsets, start, end):
    tokens = [i for i, (first, last) in enumerate(offsets) if first < end and last > start]
    return hidden[tokens].sum(dim=0)


def each_letter(hidden, offsets, start, end):
    tokens = []
    for letter in range(start, end):
        tokens += [i for i, (first, last) in enumerate(offsets) if first <= letter < last]
    return hidden[tokens].mean(dim=0)


def rows_of_characters(hidden, offsets, start, end):
    return hidden[start:end].mean(0)


WRONG = {
    "busiest_layer": [
        (counted_from_0, "index 0 is what layer 1 did"),
        (from_the_beginning, "from where the token started"),
        (longest, "wanted is the largest change"),
        (longest_of_all, "counted what goes in as a layer"),
        (one_norm, "one norm over all layers"),
        (with_signs, "they cancel"),
        (direction, "change of direction"),
        (laziest, "changes it least"),
    ],
    "word_vector": [
        (first_letter, "first piece only"),
        (last_letter, "last piece only"),
        (begins_inside, "stand at (0, 0)"),
        (inside, "stand at (0, 0)"),
        (ends_inside_or_special, "leave empty offsets out"),
        (inside_without_special, "the space before the word"),
        (touching, "only touches"),
        (added_up, "the mean is wanted"),
        (each_letter, "once per letter"),
        (rows_of_characters, "count characters"),
    ],
}


def longer_paths(generator):
    sizes = [(L, D) for L in (1, 2, 5, 12, 24) for D in (1, 2, 8, 32)]
    return [(torch.randn(L + 1, D, generator=generator),) for L, D in sizes]


def other_words(generator):
    """The check's sentences, with every word that stands where pieces begin or end."""
    cases = []
    for hidden, offsets, start, end in sentences(generator):
        edges = sorted({edge for offset in offsets[1:-1] for edge in offset})
        cases.append((hidden, offsets, start, end))
        cases += [(hidden, offsets, a, b) for a in edges for b in edges if a < b]
    return cases


WIDE = {"busiest_layer": longer_paths, "word_vector": other_words}
