"""Wrong answers that people give in notebook 02, and the words that name the mistake."""
import math
import string

import torch

from helpers.check.tokenizer import own_tokenizer


def default_of(price):
    def best_cut(word, scores):
        if not word:
            return 0.0, []
        options = []
        for end in range(1, len(word) + 1):
            total, rest = best_cut(word[end:], scores)
            options.append((scores.get(word[:end], price) + total, [word[:end], *rest]))
        return max(options)
    return best_cut


def greedy(word, scores):
    found, start = [], 0
    while start < len(word):
        end = max(end for end in range(start + 1, len(word) + 1) if word[start:end] in scores)
        found.append(word[start:end])
        start = end
    return sum(scores[piece] for piece in found), found


def best_piece_first(word, scores):
    if not word:
        return 0.0, []
    piece = max((p for p in scores if word.startswith(p)), key=scores.get)
    total, rest = best_piece_first(word[len(piece):], scores)
    return scores[piece] + total, [piece] + rest


def breaks_at_a_gap(word, scores):
    best = [(0.0, [])] + [(-math.inf, [])] * len(word)
    for start in range(len(word)):
        for end in range(start + 1, len(word) + 1):
            if word[start:end] not in scores:
                break
            piece, (score, before) = word[start:end], best[start]
            best[end] = max(best[end], (score + scores[piece], [*before, piece]))
    return best[-1]


def three_letters_at_most(word, scores):
    best = [(0.0, [])]
    for end in range(1, len(word) + 1):
        best.append(max((best[i][0] + scores[word[i:end]], [*best[i][1], word[i:end]])
                        for i in range(max(0, end - 3), end) if word[i:end] in scores))
    return best[-1]


def smallest(word, scores):
    if not word:
        return 0.0, []
    options = []
    for end in range(1, len(word) + 1):
        total, rest = smallest(word[end:], scores)
        options.append((scores.get(word[:end], math.inf) + total, [word[:end], *rest]))
    return min(options)


def fewest_pieces(word, scores):
    if not word:
        return 0.0, []
    ways = []
    for end in range(1, len(word) + 1):
        if word[:end] in scores:
            total, rest = fewest_pieces(word[end:], scores)
            ways.append((total + scores[word[:end]], [word[:end], *rest]))
    return sorted(ways, key=lambda way: (len(way[1]), -way[0]))[0]


def offsets_of(text, limit):
    encoded = own_tokenizer()(text, truncation=True, max_length=limit, return_offsets_mapping=True)
    return encoded["offset_mapping"]


def offsets_alone(text, limit):
    return text[max(end for _, end in offsets_of(text, limit)):]


def last_offset(text, limit):
    start, end = offsets_of(text, limit)[-1]
    return text[end:]


def what_is_kept(text, limit):
    return text[:offsets_of(text, limit)[-2][1]]


def special_tokens_do_not_count(text, limit):
    return text[offsets_of(text, limit + 2)[-2][1]:]


def characters(text, limit):
    return text[limit:]


def words(text, limit):
    return " ".join(text.split(" ")[limit:])


def decoded(text, limit):
    ids = own_tokenizer()(text)["input_ids"]
    return own_tokenizer().decode(ids[limit - 1:-1])


def tidied(text, limit):
    return text[offsets_of(text, limit)[-2][1]:].lstrip()


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
    "lost": [
        (offsets_alone, "the text fits"),
        (last_offset, "the offset of the last token"),
        (what_is_kept, "the part that is kept"),
        (special_tokens_do_not_count, "the special tokens count too"),
        (characters, "so many characters"),
        (words, "so many words"),
        (decoded, "you decoded the ids"),
        (tidied, "removed the space"),
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


def more_texts(generator):
    alphabet = string.ascii_letters + "äé," + 8 * " "
    texts = []
    for length in (1, 5, 20, 40, 80):
        drawn = torch.randint(0, len(alphabet), (length,), generator=generator).tolist()
        texts.append("".join(alphabet[i] for i in drawn).strip())
    return [(text + end, limit) for text in texts for end in ("", " ")
            for limit in (3, 4, 7, 12, 20, 100)]


WIDE = {"best_cut": longer_words, "lost": more_texts}
