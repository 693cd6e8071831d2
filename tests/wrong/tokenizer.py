"""Wrong answers that people give in notebook 02, and the words that name the mistake."""
import itertools
import math
import re

import torch


def default_of(price):
    def best_cut(word, scores):
        if not word:
            return []
        ways = [[word[:end], *best_cut(word[end:], scores)] for end in range(len(word), 0, -1)]
        return max(ways, key=lambda way: sum(scores.get(piece, price) for piece in way))
    return best_cut


def greedy(word, scores):
    found, start = [], 0
    while start < len(word):
        end = max(end for end in range(start + 1, len(word) + 1) if word[start:end] in scores)
        found.append(word[start:end])
        start = end
    return found


def best_piece_first(word, scores):
    if not word:
        return []
    piece = max((p for p in scores if word.startswith(p)), key=scores.get)
    return [piece, *best_piece_first(word[len(piece):], scores)]


def breaks_at_a_gap(word, scores):
    best = [(0.0, [])] + [(-math.inf, [])] * len(word)
    for start in range(len(word)):
        for end in range(start + 1, len(word) + 1):
            if word[start:end] not in scores:
                break
            piece, (score, before) = word[start:end], best[start]
            best[end] = max(best[end], (score + scores[piece], [*before, piece]))
    return best[-1][1]


def three_letters_at_most(word, scores):
    best = [(0.0, [])]
    for end in range(1, len(word) + 1):
        best.append(max((best[i][0] + scores[word[i:end]], [*best[i][1], word[i:end]])
                        for i in range(max(0, end - 3), end) if word[i:end] in scores))
    return best[-1][1]


def all_ways(word, scores):
    if not word:
        return [(0.0, [])]
    return [(total + scores[word[:end]], [word[:end], *rest])
            for end in range(1, len(word) + 1) if word[:end] in scores
            for total, rest in all_ways(word[end:], scores)]


def smallest(word, scores):
    return min(all_ways(word, scores))[1]


def fewest_pieces(word, scores):
    return min(all_ways(word, scores), key=lambda way: (len(way[1]), -way[0]))[1]


def merge(signs, pair):
    """A step of the right answer."""
    found, i = [], 0
    while i < len(signs):
        size = 2 if tuple(signs[i:i + 2]) == pair else 1
        found.append("".join(signs[i:i + size]))
        i += size
    return found


def once(word, merges):
    signs = list(word)
    for pair in merges:
        for i in range(len(signs) - 1):
            if (signs[i], signs[i + 1]) == pair:
                signs[i:i + 2] = ["".join(pair)]
                break
    return signs


def backwards(word, merges):
    signs = list(word)
    for pair in reversed(merges):
        signs = merge(signs, pair)
    return signs


def along_the_word(word, merges):
    signs, i = list(word), 0
    while i < len(signs) - 1:
        if (signs[i], signs[i + 1]) in merges:
            signs[i:i + 2] = [signs[i] + signs[i + 1]]
            i = 0
        else:
            i += 1
    return signs


def longest_first(word, merges):
    return greedy(word, {*word} | {a + b for a, b in merges})


def in_a_text(word, merges):
    text = " ".join(word)
    for a, b in merges:
        text = re.sub(f"{a} {b}", a + b, text)
    return text.split(" ")


def gives_up(word, merges):
    signs = list(word)
    for pair in merges:
        if pair[0] + pair[1] not in word:
            break
        signs = merge(signs, pair)
    return signs


WRONG = {
    "best_cut": [
        (default_of(-1), "costs 1 here"),
        (default_of(-10.0), "costs 10 here"),
        (default_of(-100), "costs 100 here"),
        (greedy, "this is greedy"),
        (best_piece_first, "best score at each step"),
        (breaks_at_a_gap, "go on"),
        (three_letters_at_most, "as long as the word"),
        (smallest, "lowest sum"),
        (fewest_pieces, "fewest pieces"),
    ],
    "cut": [
        (once, "each pair once"),
        (backwards, "backwards"),
        (along_the_word, "through the word"),
        (longest_first, "this is greedy"),
        (in_a_text, "compare whole signs"),
        (gives_up, "the next one may"),
    ],
}


def longer_words(generator):
    cases = []
    for length in [1, 3, 5, 7, 8, 8]:
        word = "abcdefgh"[:length]
        known = [*word, *(word[i:j] for i in range(length) for j in range(i + 2, length + 1)
                          if torch.rand((), generator=generator) < 0.4)]
        cases.append((word, {piece: -10 * torch.rand((), generator=generator).item() - 0.01
                             for piece in known}))
    return cases


def any_merges(generator):
    """Merges in any order, of any signs up to two letters, on words of any letters."""
    signs = ["".join(two) for size in (1, 2) for two in itertools.product("abc", repeat=size)]
    cases = []
    for length in [1, 2, 5, 9, 20]:
        drawn = torch.randint(0, 3, (length,), generator=generator).tolist()
        pairs = torch.randint(0, len(signs), (12, 2), generator=generator).tolist()
        cases.append(("".join("abc"[i] for i in drawn), [(signs[i], signs[j]) for i, j in pairs]))
    return cases


WIDE = {"best_cut": longer_words, "cut": any_merges}
