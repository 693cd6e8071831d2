"""Wrong answers that people give in notebook 01, and the words that name the mistake."""
import numpy as np

from helpers.check.black_box import Once, StandIn


def dots(vectors):
    table = vectors @ vectors.T
    table[np.diag_indices(len(table))] = -np.inf
    return sorted(np.unravel_index(table.argmax(), table.shape))


def columns(vectors):
    return dots(vectors / np.linalg.norm(vectors, axis=0))


def _cosines(vectors):
    table = [[a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in vectors] for a in vectors]
    return np.array(table)


def furthest(vectors):
    table = _cosines(vectors)
    return sorted(np.unravel_index(table.argmin(), table.shape))


def larger_first(vectors):
    below = np.tril(_cosines(vectors) + 2, k=-1)
    return np.unravel_index(below.argmax(), below.shape)


def the_cosine(vectors):
    return (_cosines(vectors) - 3 * np.eye(len(vectors))).max()


def by_length(embeddings, texts):
    if len(texts) == 1:
        raise TypeError("texts must be a list")
    return embeddings.embed_documents(texts)


def tuples_too(embeddings, texts):
    if type(texts) is not list:
        raise TypeError("texts must be a list of str")
    return embeddings.embed_documents(texts)


def wrong_word(embeddings, texts):
    if isinstance(texts, str):
        raise ValueError("put the text in a list")
    return embeddings.embed_documents(texts)


def speechless(embeddings, texts):
    if isinstance(texts, str):
        raise TypeError
    return embeddings.embed_documents(texts)


def helpful(embeddings, texts):
    if isinstance(texts, str):
        texts = [texts]
    return embeddings.embed_documents(texts)


def prints_only(embeddings, texts):
    if isinstance(texts, str):
        print("texts must be a list")
    else:
        return embeddings.embed_documents(texts)


def without_empty_texts(embeddings, texts):
    if isinstance(texts, str):
        raise TypeError("texts must be a list of str")
    return embeddings.embed_documents(list(filter(None, texts)))


def forgets_none(embeddings, texts):
    if isinstance(texts, str):
        raise TypeError("put the text in a list")
    return embeddings.embed_documents(texts)


def used_up(embeddings, texts):
    if isinstance(texts, str):
        raise TypeError("put the text in a list")
    if any(not isinstance(text, str) for text in texts):
        raise TypeError("leave out what is no text")
    return embeddings.embed_documents(texts)


def none_alone_and_used_up(embeddings, texts):
    if isinstance(texts, str):
        raise TypeError("put the text in a list")
    if any(text is None for text in texts):
        raise TypeError("a text is None")
    return embeddings.embed_documents(texts)


def none_alone(embeddings, texts):
    if isinstance(texts, str):
        raise TypeError("put the text in a list")
    texts = list(texts)
    if None in texts:
        raise TypeError("a text is None")
    return embeddings.embed_documents(texts)


def list_first(embeddings, texts):
    texts = list(texts)
    if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
        raise TypeError("texts must be a list of str")
    return embeddings.embed_documents(texts)


def no_empty_list(embeddings, texts):
    if isinstance(texts, str) or not (texts := list(texts)):
        raise TypeError("texts must be a list of str")
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("texts must be a list of str")
    return embeddings.embed_documents(texts)


def drops_none(embeddings, texts):
    if isinstance(texts, str):
        raise TypeError("texts must be a list of str")
    return embeddings.embed_documents([text for text in texts if isinstance(text, str)])


WRONG = {
    "closest": [
        (dots, "norms differ"),
        (columns, "a text is a row"),
        (furthest, "least alike"),
        (larger_first, "wrong order"),
        (the_cosine, "returned the cosine"),
    ],
    "safe_documents": [
        (by_length, "Ask for the type"),
        (tuples_too, "a tuple of texts"),
        (wrong_word, "TypeError"),
        (speechless, "says nothing"),
        (helpful, "the caller never learns"),
        (prints_only, "returned None"),
        (forgets_none, "a None in the list"),
        (used_up, "has used up a generator"),
        (none_alone_and_used_up, "None alone, and"),
        (none_alone, "None alone: pandas"),
        (list_first, "letters of the str"),
        (no_empty_list, "refuse an empty list"),
        (drops_none, "left out a None"),
        (without_empty_texts, "left out empty texts"),
    ],
}


def more_tables(generator):
    draw = np.random.default_rng(3)
    return [(draw.normal(size=(B, D)) * draw.uniform(0.1, 9, size=(B, 1)),)
            for B in (2, 3, 7, 12) for D in (2, 5)]


def more_texts(generator):
    texts = ["", "x", "hello world", [], [""], ["x"], ["a"] * 9, (), ("a",), ("a", "b"), {"a": 1},
             {"a"}, range(0), Once(["x", "", "y z"]), Once([1]), [float("nan")], [b"x"]]
    return [(StandIn(7), each) for each in texts]


WIDE = {"closest": more_tables, "safe_documents": more_texts}
