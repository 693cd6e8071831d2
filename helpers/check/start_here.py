"""The exercises of notebook 00."""
from dataclasses import dataclass

import numpy as np
import torch

from helpers.check.judge import function


def cosines(questions, passages):
    """The cosine of each question with each passage: (n, D), (N, D) -> (n, N)."""
    norms = np.linalg.norm(questions, axis=1)[:, None] * np.linalg.norm(passages, axis=1)
    return questions @ passages.T / norms


def own_first(scores, axis=1):
    """For each question: is its own passage the first by `scores`, (n, N)?"""
    return scores.argmax(axis=axis)[:len(scores)] == np.arange(len(scores))


RIGHT, DOTS, FEW, ROWS = (
    lambda q, p: own_first(cosines(q, p)), lambda q, p: own_first(q @ p.T),
    lambda q, p: own_first(cosines(q, p[:len(q)])), lambda q, p: own_first(cosines(q, p), axis=0))


def searches(generator):
    """Questions and passages, the smallest first, on which the mistakes count otherwise."""
    return [search(generator, *shape) for shape in ((1, 2, 2), (2, 3, 2), (3, 5, 3), (4, 6, 4))]


def search(generator, n, N, D):
    """One case: drawn until no scores are near, and as many mistakes show as n allows."""
    while True:
        drawn = torch.randint(-9, 10, (n + N, D), generator=generator).double().numpy()
        case = drawn[:n], drawn[n:]
        if not drawn.any(axis=1).all():
            continue
        gaps = [np.diff(np.sort(table)).min() for table in (cosines(*case), case[0] @ case[1].T)]
        counts = [found(*case).sum() for found in (RIGHT, DOTS, FEW, ROWS)[:n + 1]]
        if min(gaps) > 1e-3 and counts[0] and len(set(counts)) == len(counts):
            return case


@function(
    cases=searches,
    mistakes={
        "you compare dot products, so passages of a large norm win: divide by the norms first":
            lambda *case: DOTS(*case).sum(),
        "you let only the first n passages compete: the others answer nothing, but they can win":
            lambda *case: FEW(*case).sum(),
        "you took the nearest question of each passage: a question's passages lie along axis 1":
            lambda *case: ROWS(*case).sum(),
        "this is a share: how many are wanted": lambda *case: RIGHT(*case).mean(),
        "you returned one answer per question: count them": RIGHT,
    },
    remember="A list of questions whose answers you know, and this one number, guard an index.",
    hints=("what must you do with the norms, so that a product of two rows is their cosine?",
           "on rows of norm 1: (questions @ passages.T).argmax(axis=1), against np.arange(n)"),
)
def first_right(questions, passages):
    """write first_right: how many questions have their own passage nearest by cosine, of all N?"""
    return int(RIGHT(questions, passages).sum())


@dataclass
class Program:
    """In place of an embedding program: two numbers for each word, and their mean per text."""
    does: str = "takes the mean"

    def __call__(self, texts):
        """One vector per text: (n, 2)."""
        words = [np.array([[len(word), ord(word[0]) - 96.0] for word in text.split()])
                 for text in texts]
        if "first word" in self.does and ("alone" not in self.does or len(texts) == 1):
            words = [rows[:1] for rows in words]
        most = max(map(len, words)) if "padding" in self.does else 0
        counts = [most or len(rows) for rows in words]
        off = {"NaN": np.nan, "rounds": 1e-7, "off": 0.5}
        return (np.stack([rows.sum(axis=0) for rows in words]) / np.array(counts)[:, None]
                + sum(off[word] for word in off if word in self.does))


def programs(generator):
    """Two programs and some texts: a pair that fits, then one fault after another."""
    a, b, c = (chr(97 + i) for i in torch.randperm(26, generator=generator)[:3].tolist())
    long, first, padding = f"{b} {c * 3}", "takes the first word", Program("counts padding")
    return [(Program(), Program(), [a]), (Program(), Program("rounds otherwise"), [a]),
            (Program(), Program(first), [long]), (Program(), Program("is off"), [a]),
            (Program(), padding, [long, a]), (padding, Program(), [a, long]),
            (Program(), padding, [a, long]),
            (Program(), Program(f"{first} of a text alone"), [long, c]),
            (Program("gives NaN"), Program("gives NaN"), [a]), (Program(), Program(), [long, a, c])]


def near(a, b):
    """The same within 1e-5, and no NaN?"""
    return np.allclose(a, b, rtol=0, atol=1e-5)


def each_way(close):
    """A `fits` that compares by `close`, in a batch and alone."""
    return lambda a, b, texts: all(close(a(some), b(some)) for some in
                                   [texts, *([text] for text in texts)])


@function(
    cases=programs,
    mistakes={
        "you embed the texts only alone: programs differ in a batch, where texts are padded":
            lambda a, b, texts: all(near(a([text]), b([text])) for text in texts),
        "you embed the texts only in a batch: some programs treat a text alone otherwise":
            lambda a, b, texts: near(a(texts), b(texts)),
        "in the batch you compare the first text only: the fault may lie in any":
            lambda a, b, texts: near(a(texts)[0], b(texts)[0]) and each_way(near)(a, b, texts[:1]),
        "you want equal digits: another program may round otherwise, so allow 0.00001":
            each_way(np.array_equal),
        "NaN passes: a comparison with NaN is False, and two NaN are no equal vectors":
            each_way(lambda a, b: not (np.abs(a - b) > 1e-5).any()),
        "you look at a - b with its sign: a difference of -1 is large":
            each_way(lambda a, b: (a - b).max() <= 1e-5),
        "shapes and finite numbers: the bad index had those, too. Compare the numbers":
            each_way(lambda a, b: a.shape == b.shape and np.isfinite([a, b]).all()),
    },
    remember="Two programs may share an index when their vectors agree, alone and in a batch.",
    hints=("which lists of texts do you hand to both? all of them, and each one alone",
           "np.allclose(a(some), b(some), rtol=0, atol=1e-5) for each of these lists"),
)
def fits(a, b, texts):
    """write fits: do a and b give each text the same vector within 1e-5, alone and in a batch?"""
    return each_way(near)(a, b, texts)
