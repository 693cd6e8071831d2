"""The exercises of notebook 02."""
import functools
import itertools

import torch

from helpers.check.judge import function


def words_and_scores(generator):
    """A word, and a vocabulary with all of its letters and some longer pieces of it: the smallest
    first.

    No letter stands twice in a word, so that no two cuttings have the same sum.
    """
    def score(least, most):
        return -round(least + (most - least) * torch.rand((), generator=generator).item(), 2)

    cases = []
    for word, unit, longer in [
            ("ab", 1, {}), ("ab", 1000, {}), ("ab", 1, {"ab": (6.5, 7.5)}),
            ("abc", 1, {"abc": (1, 2)}), ("abc", 1, {"ab": (20, 30), "bc": (1, 2)}),
            ("abc", 1, {"abc": (20, 30)})]:
        ranges = {**dict.fromkeys(word, (4, 6)), **longer}
        cases.append((word, {piece: score(low * unit, high * unit)
                             for piece, (low, high) in ranges.items()}))
    for length in (4, 5, 6, 6):
        word = "abcdef"[:length]
        spans = [(i, j) for i in range(length) for j in range(i + 2, length + 1)]
        some = torch.randperm(len(spans), generator=generator).tolist()[:length]
        known = [*word, *(word[slice(*spans[i])] for i in some)]
        cases.append((word, {piece: score(1, 9 * len(piece) ** 0.7) for piece in known}))
    return cases


def cuttings(word, scores):
    """Every cutting of a word into pieces of the vocabulary, with its sum: the slow way, by all
    sets of places to cut.
    """
    for count in range(len(word)):
        for places in itertools.combinations(range(1, len(word)), count):
            pieces = [word[i:j] for i, j in itertools.pairwise([0, *places, len(word)])]
            if all(piece in scores for piece in pieces):
                yield sum(scores[piece] for piece in pieces), pieces


def unknown_costs(price):
    """The best cutting if a piece that is not in the vocabulary may be used at a price."""
    def cutting(word, scores):
        if not word:
            return 0.0, []
        ways = [(scores.get(word[:i], price), word[:i], *cutting(word[i:], scores))
                for i in range(1, len(word) + 1)]
        return max((first + rest, [piece, *pieces]) for first, piece, rest, pieces in ways)
    return cutting


def one_by_one(word, scores, choose):
    """A cutting that chooses the next piece among the known ones and never looks back."""
    pieces = []
    while word:
        pieces.append(choose([word[:i] for i in range(1, len(word) + 1) if word[:i] in scores]))
        word = word[len(pieces[-1]):]
    return sum(scores[piece] for piece in pieces), pieces


def stops_at_a_gap(word, scores):
    """The best cutting, without pieces longer than the first that is unknown."""
    if not word:
        return 0.0, []
    ends = itertools.takewhile(lambda i: word[:i] in scores, range(1, len(word) + 1))
    ways = [(scores[word[:i]], word[:i], *stops_at_a_gap(word[i:], scores)) for i in ends]
    return max((first + rest, [piece, *pieces]) for first, piece, rest, pieces in ways)


@function(
    cases=words_and_scores,
    given=unknown_costs(0.0),
    mistakes={
        **{f"a piece that is not in the vocabulary costs {-price} here, "
           f"and where the rest costs more it is taken: make it "
           "impossible, −∞": unknown_costs(price) for price in (-1, -10, -100, -1000)},
        "this is greedy, the longest piece first: the best whole may begin with a shorter one":
            lambda word, scores: one_by_one(word, scores, lambda known: known[-1]),
        "you took the piece with the best score at each step: look at the sum of the whole":
            lambda word, scores: one_by_one(word, scores, lambda known: max(known, key=scores.get)),
        "you stopped at the first piece that is not in the vocabulary: a longer one may be in it, "
        "so go on":
            stops_at_a_gap,
        "you tried pieces of up to three letters: a piece may be as long as the word":
            lambda word, scores:
                max(way for way in cuttings(word, scores) if max(map(len, way[1])) <= 3),
        "this is the cutting into the fewest pieces: wanted is the highest sum":
            lambda word, scores:
                min(cuttings(word, scores), key=lambda way: (len(way[1]), -way[0])),
        "this is the lowest sum: scores are negative, and the highest is the one nearest to 0":
            lambda word, scores: min(cuttings(word, scores)),
    },
    remember="Scores are negative, so a default of 0 is the best score there is: "
             "what may not happen gets −∞.",
    hints=("what does it say of \"ab\" if the vocabulary is a and b? where does that 0 come from?",
           "scores.get(piece, default): a sum with the default in it must lose against every other "
           "sum"),
)
def best_cut(word, scores):
    """find the bug in best_cut: it leaves words whole that the vocabulary does not have."""
    return max(cuttings(word, scores))


@functools.cache
def own_tokenizer():
    """The tokenizer of the model in use."""
    from transformers import AutoTokenizer

    from helpers.models.find import model_dir
    return AutoTokenizer.from_pretrained(model_dir())


WORDS = ("The contract ends on Friday unless Embeddings are unbelievably untokenizable Café and "
         "München is far").split()


def texts_and_limits(generator):
    """Texts of one to nine words, and limits from one piece to more than there are; one that fits
    and ends in a space.
    """
    cases = [("Hello", 8), ("Hello World", 3), ("Hello ", 8)]
    for count, limit in [(2, 3), (3, 4), (4, 5), (5, 8), (7, 9), (9, 8), (9, 12), (9, 64)]:
        chosen = torch.randint(0, len(WORDS), (count,), generator=generator).tolist()
        cases.append((" ".join(WORDS[i] for i in chosen) + ".", limit))
    return cases


def cut(text, limit):
    """The ids and the offsets that are left of a text of `limit` tokens."""
    encoded = own_tokenizer()(text, truncation=True, max_length=limit, return_offsets_mapping=True)
    return encoded["input_ids"], encoded["offset_mapping"]


def all_pieces(text):
    """The ids of all pieces of a text, and where each ends in it."""
    encoded = own_tokenizer()(text, add_special_tokens=False, return_offsets_mapping=True)
    return encoded["input_ids"], [end for _, end in encoded["offset_mapping"]]


def kept_pieces(text, limit):
    """How many pieces of a text are left, the special tokens aside."""
    return len(cut(text, limit)[0]) - own_tokenizer().num_special_tokens_to_add()


@function(
    cases=texts_and_limits,
    mistakes={
        "the text fits, so nothing is lost: a space at its end may have no token, and then no "
        "offset reaches it":
            lambda text, limit: text[max(end for _, end in cut(text, limit)[1]):],
        "you took the offset of the last token: that is the special one, its offset is (0, 0), "
        "and text[0:] is all of it":
            lambda text, limit: text[cut(text, limit)[1][-1][1]:],
        "this is the part that is kept":
            lambda text, limit: text[:max(end for _, end in cut(text, limit)[1])],
        "you kept as many pieces as the limit says: the special tokens count too":
            lambda text, limit: text[all_pieces(text)[1][:limit][-1]:],
        "you cut after so many characters: the limit counts tokens":
            lambda text, limit: text[limit:],
        "you cut after so many words: the limit counts tokens, and a word may be several":
            lambda text, limit: " ".join(text.split()[limit:]),
        "you decoded the ids that were thrown away: that is not always the text. "
        "Offsets lead to the text itself":
            lambda text, limit:
                own_tokenizer().decode(all_pieces(text)[0][kept_pieces(text, limit):]),
        "you removed the space at its edge: what is kept and what is lost must make the whole text "
        "again":
            lambda text, limit: text[max(end for _, end in cut(text, limit)[1]):].strip(),
    },
    remember="Offsets lead from tokens back to the text: "
             "the only exact way to see what a limit threw away.",
    hints=("ask for the offsets (return_offsets_mapping=True), cut as above: "
           "where does the last kept piece of text end?",
           "the largest end of all offsets, max(end for start, end in …), "
           "whatever the special tokens say; text[that:], if a token was cut off at all"),
)
def lost(text, limit):
    """write lost(text, limit), the part of the text that is thrown away when it is cut to `limit`
    tokens, as a str.
    """
    _, ends = all_pieces(text)
    kept = limit - own_tokenizer().num_special_tokens_to_add()
    return "" if len(ends) <= kept else text[ends[kept - 1]:]
