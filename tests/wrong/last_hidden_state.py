"""Wrong answers that people give in notebook 03, and the words that name the mistake."""
import re

import numpy as np

from helpers.check.last_hidden_state import messages, sentences


def counted(asked, texts, groups, vector_of, skip=True, power=1):
    """One count, with two loops: `skip` leaves a sentence itself out, `power` 0 forgets norms."""
    rows = [vector_of(asked, text) for text in texts]
    right = 0
    for i, one in enumerate(rows):
        far = [float(one @ row / (one.norm() * row.norm()) ** power) for row in rows]
        best = max((j for j in range(len(rows)) if j != i or not skip), key=far.__getitem__)
        right += groups[i] == groups[best]
    return right


def own_neighbour(word, control, sentences, groups, vector_of):
    put = [re.sub(rf"\b{word}\b", control, text) for text in sentences]
    return (counted(word, sentences, groups, vector_of, skip=False),
            counted(control, put, groups, vector_of, skip=False))


def substrings(word, control, sentences, groups, vector_of):
    put = [text.replace(word, control) for text in sentences]
    return (counted(word, sentences, groups, vector_of), counted(control, put, groups, vector_of))


def not_put_in(word, control, sentences, groups, vector_of):
    return [counted(asked, sentences, groups, vector_of) for asked in (word, control)]


def dots(word, control, sentences, groups, vector_of):
    put = [re.sub(rf"\b{word}\b", control, text) for text in sentences]
    return np.array([counted(word, sentences, groups, vector_of, power=0),
                     counted(control, put, groups, vector_of, power=0)])


def both(word, control, sentences, groups, vector_of):
    put = [re.sub(rf"\b{word}\b", control, text) for text in sentences]
    return [counted(word, sentences, groups, vector_of), counted(control, put, groups, vector_of)]


def other_order(*given):
    return tuple(reversed(both(*given)))


def word_only(*given):
    return both(*given)[0]


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


def rows_of_characters(hidden, offsets, start, end):
    return hidden[start:end].mean(0)


WRONG = {
    "with_control": [
        (own_neighbour, "its own nearest neighbour"),
        (substrings, "banker became towerer"),
        (not_put_in, "must stand in the sentence"),
        (dots, "dot products"),
        (other_order, "first the count of the word"),
        (word_only, "you counted the word only"),
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
        (rows_of_characters, "count characters"),
    ],
}


def more_messages(generator):
    """The check's sentences, every second group another one, and with other words."""
    cases = []
    for word, control, texts, groups, vector_of in messages(generator):
        cases.append((word, control, texts, groups, vector_of))
        cases.append((word, "house", texts, groups[::-1], vector_of))
        cases.append(("saw", "met", texts, groups, vector_of))
    return cases


def other_words(generator):
    """The check's sentences, with every word that stands where pieces begin or end."""
    cases = []
    for hidden, offsets, start, end in sentences(generator):
        edges = sorted({edge for offset in offsets[1:-1] for edge in offset})
        cases.append((hidden, offsets, start, end))
        cases += [(hidden, offsets, a, b) for a in edges for b in edges if a < b]
    return cases


WIDE = {"with_control": more_messages, "word_vector": other_words}
