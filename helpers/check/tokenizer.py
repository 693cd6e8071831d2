"""The exercises of notebook 02."""
import functools
import itertools
from collections import Counter

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
            *(("ab", unit, {}) for unit in (1, 0.05, 0.5, 5, 50, 1000)),
            ("ab", 1, {"ab": (6.5, 7.5)}), ("abc", 1, {"abc": (1, 2)}),
            ("abc", 1, {"ab": (20, 30), "bc": (1, 2)}), ("abc", 1, {"abc": (20, 30)})]:
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
    """Every cutting of a word into pieces of the vocabulary: the slow way, by all sets of places
    to cut.
    """
    for count in range(len(word)):
        for places in itertools.combinations(range(1, len(word)), count):
            pieces = [word[i:j] for i, j in itertools.pairwise([0, *places, len(word)])]
            if all(piece in scores for piece in pieces):
                yield pieces


def best(ways, scores, price=None):
    """Of some cuttings the one with the highest sum; `price`: of a piece without a score."""
    return max(ways, key=lambda way: sum(scores.get(piece, price) for piece in way))


def unknown_costs(price):
    """The best cutting if a piece that is not in the vocabulary may be used at a price."""
    def cutting(word, scores):
        ways = [[word[:i], *cutting(word[i:], scores)] for i in range(len(word), 0, -1)]
        return best(ways, scores, price) if word else []
    return cutting


def one_by_one(word, known, choose):
    """A cutting that chooses the next piece among the known ones and never looks back."""
    pieces = []
    while word:
        pieces.append(choose([word[:i] for i in range(1, len(word) + 1) if word[:i] in known]))
        word = word[len(pieces[-1]):]
    return pieces


def stops_at_a_gap(word, scores):
    """The best cutting, without pieces longer than the first that is unknown."""
    if not word:
        return []
    ends = itertools.takewhile(lambda i: word[:i] in scores, range(1, len(word) + 1))
    return best([[word[:i], *stops_at_a_gap(word[i:], scores)] for i in ends], scores)


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
                best((way for way in cuttings(word, scores) if max(map(len, way)) <= 3), scores),
        "this is the cutting into the fewest pieces: wanted is the highest sum":
            lambda word, scores: best(cuttings(word, scores),
                                      {piece: score - 1e6 for piece, score in scores.items()}),
        "this is the lowest sum: scores are negative, and the highest is the one nearest to 0":
            lambda word, scores: best(cuttings(word, scores),
                                      {piece: -score for piece, score in scores.items()}),
    },
    remember="Scores are negative, so a default of 0 is the best score there is: "
             "what may not happen gets −∞.",
    hints=("which sum does it see for \"ab\", whole, if the vocabulary is a and b?",
           "scores.get(piece, default): a sum with the default in it must lose against every other "
           "sum"),
)
def best_cut(word, scores):
    """find the bug in best_cut: it leaves words whole that the vocabulary does not have."""
    return best(cuttings(word, scores), scores)


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
            lambda word, merges:
                one_by_one(word, {*word, *map("".join, merges)}, lambda known: known[-1]),
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
