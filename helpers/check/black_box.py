"""The exercises of notebook 01."""
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import torch

from helpers.check.judge import function

CLOSE = 1e-2           # cosines of a case are further apart than this: rounding turns no order


def tables(generator):
    """Vectors (B, D) of different norms, the smallest first, on which the mistakes differ."""
    return [(table(generator, *shape),) for shape in ((2, 2), (3, 2), (4, 3), (5, 3), (6, 3))]


def table(generator, B, D):
    """One case: drawn until the answer and the mistakes' answers differ (if B allows it)."""
    different = {2: 1, 3: 2, 4: 3}.get(B, len(SCORES))
    while True:
        vectors = torch.randint(-5, 6, (B, D), generator=generator).double().numpy()
        if not np.linalg.norm(vectors, axis=1).all() or not np.linalg.norm(vectors, axis=0).all():
            continue
        scores = [score(vectors)[np.triu_indices(B, k=1)] for score in SCORES]
        apart = all(np.diff(np.sort(score)).min(initial=1) > CLOSE for score in scores)
        pairs = [best_pair(score)(vectors) for score in SCORES]
        if apart and len(set(pairs)) >= different and (B == 2 or pairs[0] not in pairs[1:2]):
            return vectors


def cosines(vectors):
    """What is to be compared."""
    return _products(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def _products(vectors):
    """The dot product of each two: (B, D) -> (B, B)."""
    return vectors @ vectors.T


def by_columns(vectors):
    """The dot products, with each column divided by its norm."""
    return _products(vectors / np.linalg.norm(vectors, axis=0, keepdims=True))


SCORES = (cosines, _products, by_columns, lambda vectors: -cosines(vectors))


def best_pair(score):
    """An answer that takes the pair with the highest score."""
    def answer(vectors):
        table = score(vectors)
        return max(combinations(range(len(vectors)), 2), key=lambda pair: table[pair])
    return answer


@function(
    cases=tables,
    mistakes={
        "you compare dot products of vectors whose norms differ, so the long ones win: "
        "divide each by its norm first": best_pair(SCORES[1]),
        "you divide by the norms of the columns: a text is a row, axis=1": best_pair(SCORES[2]),
        "this pair is the one least alike: the highest cosine is wanted": best_pair(SCORES[3]),
        "right pair, wrong order: the smaller number comes first":
            lambda vectors: best_pair(cosines)(vectors)[::-1],
        "you returned the cosine: which two texts have it?":
            lambda vectors: np.sort(cosines(vectors)[np.triu_indices(len(vectors), k=1)])[-1],
    },
    remember="The highest cosine off the diagonal finds what stands twice in an index, "
             "whatever the norms are.",
    hints=("a text is always nearest to itself: what do you do with the diagonal?",
           "np.fill_diagonal(table, -2), then np.unravel_index(table.argmax(), table.shape)"),
)
def closest(vectors):
    """write closest: which two texts are most alike by cosine? vectors (B, D) of any norm, to the
    two row numbers, the smaller one first.
    """
    table = cosines(vectors)
    np.fill_diagonal(table, -2)
    first, second = np.unravel_index(table.argmax(), table.shape)
    return int(min(first, second)), int(max(first, second))


@dataclass
class StandIn:
    """In place of LangChain's object, without a model: takes a str for letters, as that does."""
    seed: int

    def embed_documents(self, texts):
        """Two numbers for each text."""
        texts = [text.replace("\n", " ") for text in texts]
        return [[float(len(text)), float(self.seed + sum(map(ord, text)))] for text in texts]


@dataclass
class Once:
    """Texts that can be looped over once, as a generator's, which cannot be copied for a case."""
    texts: list = field(compare=False)

    def __iter__(self):
        while self.texts:
            yield self.texts.pop(0)


def documents(generator):
    """Objects and what people hand to them, right and wrong."""
    embeddings = StandIn(int(torch.randint(0, 100, (), generator=generator)))
    return [(embeddings, texts) for texts in
            (["a"], "a", "", [], [None], ["a", "b c"], ("a", "b c"), "hello", "a\nb c",
             Once(["a", "b c"]), ["a", float("nan")], ["", "a", "b c"], ["a", None, "b c"])]


def raising(wrong, error=None, go_on=StandIn.embed_documents):
    """A safe_documents that raises `error` where wrong(texts) holds."""
    def answer(embeddings, texts):
        if wrong(texts):
            raise error or TypeError("give a list of texts")
        return go_on(embeddings, texts)
    return answer


def is_str(texts):
    """Is it one text in place of a list?"""
    return isinstance(texts, str)


def keeping(keep):
    """A safe_documents that leaves out the texts that it does not keep."""
    return raising(is_str, go_on=lambda embeddings, texts: embeddings.embed_documents(
        [text for text in texts if keep(text)]))


@function(
    cases=documents,
    given=StandIn.embed_documents,          # a str passes
    mistakes={
        "you asked for the length: a list of one text is fine, and \"hello\" has length 5. "
        "Ask for the type": raising(lambda texts: len(texts) == 1),
        "you refuse a tuple of texts too: refuse the str, nothing else":
            raising(lambda texts: not isinstance(texts, list)),
        "you raised a ValueError: the type is wrong, not the value, and Python's word for that is "
        "TypeError": raising(is_str, ValueError("give a list of texts")),
        "your TypeError says nothing: give it a sentence that says what to do":
            raising(is_str, TypeError()),
        "you made a list of the str: the caller never learns of the mistake, and gets a list where "
        "a vector was meant": lambda embeddings, texts: embeddings.embed_documents(
            [texts] if is_str(texts) else texts),
        "you returned None for a str: the program goes on, and fails far from the mistake. "
        "Raise a TypeError": lambda embeddings, texts: (
            None if is_str(texts) else embeddings.embed_documents(texts)),
        "your str is right; now look for a None in the list: LangChain's own error says nothing "
        "of texts": raising(is_str),
        "your loop has used up a generator, and nothing is left to embed: texts = list(texts) "
        "first": raising(lambda texts: is_str(texts) or not all(map(is_str, texts))),
        "you look for None alone, and your loop uses up a generator: texts = list(texts) first, "
        "then ask whether each is a str": raising(lambda texts: is_str(texts) or None in texts),
        "you look for None alone: pandas' nan is no text either. Ask whether each is a str":
            lambda embeddings, texts: raising(lambda texts: is_str(texts) or None in texts)(
                embeddings, texts if is_str(texts) else list(texts)),
        "list(texts) came first and made letters of the str: look at the str before":
            lambda embeddings, texts: safe_documents.definition(embeddings, list(texts)),
        "you refuse an empty list: it is no mistake, and gives an empty list": raising(
            lambda texts: not texts, go_on=lambda *given: safe_documents.definition(*given)),
        "you left out a None: vector i must belong to text i, so raise": keeping(is_str),
        "you left out empty texts: they have vectors too, and vector i must belong to text i":
            keeping(bool),
    },
    remember="A str is a list of letters to Python: whoever takes a list of texts has to ask for "
             "the type, before the model runs.",
    hints=("what tells \"hello\" from [\"hello\"]? not the length, "
           "and not whether one can loop over it",
           "if isinstance(texts, str): raise TypeError(\"…what to do…\"); then "
           "texts = list(texts), and the same if one of them is no str; all else as before"),
)
def safe_documents(embeddings, texts):
    """write safe_documents: like embed_documents, but a str, or anything in the list that is no
    str, raises a TypeError that says what to do. StandIn: LangChain's object, without a model.
    """
    if is_str(texts):
        raise TypeError("texts is a str: put it in a list, or call embed_query")
    texts = list(texts)
    places = [i for i, text in enumerate(texts) if not is_str(text)]
    if places:
        raise TypeError(f"no text at {places}: leave it out, with what belongs to it")
    return embeddings.embed_documents(texts)
