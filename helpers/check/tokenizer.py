"""The exercises of notebook 02."""
import functools
import itertools
from collections import Counter

import torch

from helpers.check.judge import function


@functools.cache
def own_tokenizer():
    """The tokenizer of the model in use."""
    from transformers import AutoTokenizer

    from helpers.models.find import model_dir
    return AutoTokenizer.from_pretrained(model_dir())


class Own:
    """The tokenizer of the model in use, shown by a short name; its copy is itself."""

    def __repr__(self):
        return "your model's tokenizer"

    def __deepcopy__(self, memo):
        return self

    def __call__(self, *texts, **options):
        return own_tokenizer()(*texts, **options)

    def __getattr__(self, name):
        return getattr(own_tokenizer(), name)


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
    return [(text, Own(), limit) for text, limit in cases]


def offsets(text, limit):
    """From where to where the tokens reach that are left of a text, the special ones with them."""
    return own_tokenizer()(text, truncation=True, max_length=limit,
                           return_offsets_mapping=True)["offset_mapping"]


def rest(text, limit):
    """What stands after the last token that is left of a text."""
    return text[max(end for _, end in offsets(text, limit)):]


def all_pieces(text, limit):
    """The ids of the pieces that are thrown away, where each piece ends, how many are kept."""
    encoded = own_tokenizer()(text, add_special_tokens=False, return_offsets_mapping=True)
    kept = limit - own_tokenizer().num_special_tokens_to_add()
    return encoded["input_ids"][kept:], [end for _, end in encoded["offset_mapping"]], kept


@function(
    cases=texts_and_limits,
    mistakes={
        "the text fits, so nothing is lost: a space at its end may have no token, and then no "
        "offset reaches it":
            lambda text, tokenizer, limit: rest(text, limit),
        "you took the offset of the last token: that is the special one, its offset is (0, 0), "
        "and text[0:] is all of it":
            lambda text, tokenizer, limit: text[offsets(text, limit)[-1][1]:],
        "this is the part that is kept":
            lambda text, tokenizer, limit: text.removesuffix(rest(text, limit)),
        "you kept as many pieces as the limit says: the special tokens count too":
            lambda text, tokenizer, limit: text[all_pieces(text, limit)[1][:limit][-1]:],
        "you cut after so many characters: the limit counts tokens":
            lambda text, tokenizer, limit: text[limit:],
        "you cut after so many words: the limit counts tokens, and a word may be several":
            lambda text, tokenizer, limit: " ".join(text.split()[limit:]),
        "you decoded the ids that were thrown away: that is not always the text. "
        "Offsets lead to the text itself":
            lambda text, tokenizer, limit: tokenizer.decode(all_pieces(text, limit)[0]),
        "you removed the space at its edge: what is kept and what is lost must make the whole text "
        "again":
            lambda text, tokenizer, limit: rest(text, limit).strip(),
    },
    remember="Offsets lead from tokens back to the text: "
             "the only exact way to see what a limit threw away.",
    hints=("ask for the offsets (return_offsets_mapping=True) as the lesson does: "
           "where does the last kept piece of text end?",
           "the largest end of all offsets, max(end for start, end in …), "
           "whatever the special tokens say; text[that:], if a token was cut off at all"),
)
def lost(text, tokenizer, limit):
    """write lost(text, tokenizer, limit), the end of the text that is thrown away when it is cut
    to `limit` tokens.
    """
    _, ends, kept = all_pieces(text, limit)
    return "" if len(ends) <= kept else text[ends[kept - 1]:]


def words_and_merges(generator):
    """A word, and merges in the order learned, the smallest first: order alone decides, a pair
    stands twice, a merge never fits, one letter; then merges learned from random words.
    """
    cases = [("ab", "a+b"), ("a", "a+b"), ("abc", "b+c a+b"), ("abc", "a+b b+c"), ("abab", "a+b"),
             ("aaa", "a+a"), ("abc", "x+y b+c a+c"), ("abc", "b+c a+bc a+b")]
    cases = [(word, [tuple(pair.split("+")) for pair in pairs.split()]) for word, pairs in cases]
    for letters, length in [(2, 6), (3, 8), (3, 10), (4, 12)]:
        drawn = torch.randint(0, letters, (5, length), generator=generator).tolist()
        word, *corpus = ([*map("abcd".__getitem__, row)] for row in drawn)
        merges = []
        for _ in range(6):
            pairs = Counter(pair for signs in corpus for pair in itertools.pairwise(signs))
            merges.append(max(sorted(pairs), key=pairs.get))
            corpus = [merged(signs, merges[-1]) for signs in corpus]
        cases.append(("".join(word), merges))
    return cases


def longest_first(word, known):
    """Greedy: the longest known piece, then the longest after it."""
    pieces = []
    while word:
        pieces.append(max((piece for piece in known if word.startswith(piece)), key=len))
        word = word[len(pieces[-1]):]
    return pieces


def merged(signs, pair, most=1000):
    """Signs with a pair merged, from the left, at most so many times."""
    found = []
    for sign in signs:
        fits = most and found and (found[-1], sign) == pair
        most -= bool(fits)
        found[len(found) - bool(fits):] = ["".join(pair) if fits else sign]
    return found


def as_one_text(word, merges):
    """Merged by replacing in a text with spaces, where `b c` is found in `ab c` too."""
    signs = " ".join(word)
    for first, second in merges:
        signs = signs.replace(f"{first} {second}", first + second)
    return signs.split()


def from_the_left(word, merges):
    """Always the first pair of the word that is a merge, whichever was learned first."""
    signs = [*word]
    while places := [i for i, pair in enumerate(itertools.pairwise(signs)) if pair in merges]:
        signs[places[0]:places[0] + 2] = ["".join(signs[places[0]:places[0] + 2])]
    return signs


@function(
    cases=words_and_merges,
    mistakes={
        "you merged each pair once: it may stand in the word twice":
            lambda word, merges: functools.reduce(lambda s, pair: merged(s, pair, 1), merges,
                                                  [*word]),
        "you went through the merges backwards: the first that was learned comes first":
            lambda word, merges: functools.reduce(merged, merges[::-1], [*word]),
        "you went through the word, not through the merges: what was learned first comes first, "
        "wherever it stands":
            from_the_left,
        "this is greedy, the longest piece first: BPE never looks for long pieces, it merges in "
        "the order learned":
            lambda word, merges: longest_first(word, {*word, *map("".join, merges)}),
        "you replaced in a text, and `b c` stands in `ab c` too: compare whole signs":
            as_one_text,
        "you stopped at the first merge that does not fit: the next one may":
            lambda word, merges: functools.reduce(merged, itertools.takewhile(
                lambda pair: "".join(pair) in word, merges), [*word]),
    },
    remember="BPE knows nothing of long or short: the order in which the merges were learned "
             "decides.",
    hints=("signs = [*word]; then one loop over the merges, and inside it one over the signs",
           "build a new list: if the last sign in it and the next sign are the pair, replace the "
           "last by both together; if not, append the next"),
)
def cut(word, merges):
    """write cut(word, merges), the pieces of a word after all merges, in the order learned."""
    return functools.reduce(merged, merges, [*word])
