"""The exercises of notebook 07; its capstone's folders are in strange_folders.py."""
import functools
import logging
from dataclasses import dataclass

import torch

from helpers.check.judge import function
from helpers.check.strange_folders import MISTAKES, folders
from helpers.models.folder import read_recipe


def _undone(order):
    """Is an order its own inverse, or is it one when it is taken twice (three texts always are)?"""
    twice = order[order]
    same = torch.equal(twice, torch.arange(len(order)))
    return same or len(order) > 3 and torch.equal(twice, order.argsort())


def shuffled(generator):
    """Vectors (n, D) and the numbers of their texts (n,): a swap first, then orders that are not
    their own inverse.
    """
    cases = [(torch.tensor([[20.0], [10.0]]), torch.tensor([1, 0]))]
    for n, D in [(3, 1), (4, 1), (5, 2), (8, 3)]:
        order = torch.arange(n)
        while _undone(order):
            order = torch.randperm(n, generator=generator)
        vectors = torch.randperm(n, generator=generator)[:, None] * 10.0 + torch.arange(D)  # (n, D)
        cases.append((vectors, order))
    return cases


@function(
    cases=shuffled,
    given=lambda vectors, order: vectors[order],
    mistakes={
        "you return the vectors as they came, in the order of the batches":
            lambda vectors, order: vectors,
        "you turned the rows round: order is not always falling":
            lambda vectors, order: vectors.flip(0),
        "you went through the order twice: that undoes it for two and three texts only":
            lambda v, order: v[order][order],
        "you sorted the order downwards: row i belongs to text i, so text 0 comes first":
            lambda vectors, order: vectors[order.argsort(descending=True)],
        "you sorted the numbers in the vectors: move whole rows":
            lambda vectors, order: vectors.sort(dim=0).values,
    },
    remember="A swap is its own inverse, so a test with two texts passes either way: "
             "test an order with three and more.",
    hints=("for three texts in the order 1, 2, 0: which row of vectors is text 0's? "
           "Which one does vectors[order] take?",
           "make an empty result of the same shape, and put the rows where they belong: "
           "result[order] = vectors"),
)
def in_order(vectors, order):
    """repair in_order(vectors, order): row i of the result must be the vector of text i."""
    return torch.stack([vectors[order.tolist().index(i)] for i in range(len(order))])       # (n, D)


@dataclass(frozen=True)
class Letters:
    """A toy in a model's place: a text's vector is the share of a, b and c in its first words, at
    length 1.
    """
    limit: int              # words; what is beyond them is cut without a word, as models do

    def __call__(self, texts):
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise TypeError("embed wants a list of str; for one text write embed([text])[0]")
        kept = ["".join(text.split()[:self.limit]) or "abc" for text in texts]
        counts = torch.tensor([[float(text.count(c)) for c in "abc"] for text in kept])     # (n, 3)
        return counts / counts.norm(dim=-1, keepdim=True)                                   # (n, 3)

    def __repr__(self):
        return f"a toy: the share of a, b, c in a text's first {self.limit} words, at length 1"


def long_texts(generator):
    """Texts of words from a, b and c, a toy model, and how many words it takes."""
    cases = [("a a b", Letters(2), 2), ("aa b", Letters(1), 1), ("c", Letters(2), 2),
             ("", Letters(2), 2)]
    for count, limit in [(5, 2), (8, 3), (9, 3), (11, 4)]:
        drawn = torch.randint(1, 16, (count,), generator=generator).tolist()
        words = ["a" * (n % 4) + "b" * (n // 4) + "c" * (i % 3 == 0) or "b"
                 for i, n in enumerate(drawn)]
        cases.append((" ".join(words), Letters(limit), limit))
    return cases


def _parts(text, limit):
    """A text in parts of `limit` words."""
    words = text.split() or [""]
    return [" ".join(words[i:i + limit]) for i in range(0, len(words), limit)]


def _mean(parts, embed, unit=True, weigh=True):
    """The mean of the parts' vectors, weighed by words or not, at length 1 or not."""
    counts = [len(part.split()) or 1 for part in parts]
    weights = torch.tensor(counts if weigh else [1] * len(parts)).float()                     # (P,)
    mean = weights @ embed(parts) / weights.sum()                                             # (D,)
    return mean / mean.norm() if unit else mean


@function(
    cases=long_texts,
    mistakes={
        "every part counts the same, also a short rest at the end: "
        "weigh each by its number of words":
            lambda text, embed, limit: _mean(_parts(text, limit), embed, weigh=False),
        "the weights are right, but a mean of vectors of length 1 is shorter than 1: normalize it":
            lambda text, embed, limit: _mean(_parts(text, limit), embed, unit=False),
        "this is the plain mean of the parts: weigh each by its words, normalize the result":
            lambda text, embed, limit: _mean(_parts(text, limit), embed, unit=False, weigh=False),
        "you embedded the text in one piece, so only its first words were read: cut it first":
            lambda text, embed, limit: embed([text])[0],
        "the words after the last full part are lost: a shorter rest is a part too":
            lambda text, embed, limit:
                _mean(_parts(text, limit)[:max(1, len(text.split()) // limit)], embed),
        "you cut after so many letters: the limit counts words, so cut text.split()":
            lambda text, embed, limit:
                _mean([text[i:i + limit] for i in range(0, len(text), limit)] or [""], embed,
                      weigh=False),
        "you cut once: the rest may be longer than the limit too, so go on to the end of the text":
            lambda text, embed, limit: _mean(
                [part for part in (" ".join(text.split()[:limit]), " ".join(text.split()[limit:]))
                 if part] or [""], embed),
    },
    remember="What is beyond the limit is lost without a word; a mean gives each part a say. "
             "For search keep one vector per part.",
    hints=("words = text.split(), then words[i:i + limit] for every i in range(0, len(words), "
           "limit); join each part again",
           "multiply each part's vector by its number of words, add up, "
           "divide by the length of the sum"),
)
def embed_long(text, embed, limit):
    """write embed_long(text, embed, limit): the vector of all of a long text, from parts of `limit`
    words.
    """
    words, total = text.split() or [""], 0
    while words:
        part, words = words[:limit], words[limit:]
        total = total + len(part) * embed([" ".join(part)])[0]                                # (D,)
    return total / total.norm()


@functools.lru_cache(maxsize=64)
def _black_box(folder, texts):
    """LangChain's vectors of some texts."""
    from langchain_huggingface import HuggingFaceEmbeddings
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)      # it logs a prompt
    black_box = HuggingFaceEmbeddings(model_name=folder, model_kwargs={"device": "cpu"})
    return black_box.embed_documents(list(texts))


@function(
    cases=folders,
    mistakes=MISTAKES,
    remember="Nothing about a model belongs in your code: its folder says it, "
             "and code that reads it works on the next too.",
    hints=("which of your lines holds for one model only? Pooling, norm, limit, prompt, side of "
           "padding and weights are all in the folder",
           "order = sorted(range(len(texts)), key=lambda i: -len(texts[i])); then 32 at a time "
           "through EncoderModel(folder), and the rows to their places"),
    atol=1e-4,
)
def capstone(folder, texts):
    """write capstone(folder, texts): the vectors that LangChain gives with the model in any folder,
    shape (B, D).
    """
    if more := read_recipe(folder).more:
        raise ValueError(f"the files ask for more than these steps: {more}")
    return _black_box(str(folder), tuple(texts))
