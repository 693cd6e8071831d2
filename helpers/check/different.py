"""The exercises of notebook 09."""
import functools
import zlib
from dataclasses import dataclass, fields

import torch

from helpers.check.judge import function
from helpers.encoder.encoder import Encoder
from helpers.models.find import model_dir
from helpers.pooling import POOLINGS, normalize

ROUNDING = 1e-5
LIMIT = 40              # tokens that the stranger reads of a text


@dataclass(frozen=True)
class Cause:
    """A small program, text -> (8,): the mean of its words' vectors, with one thing different."""
    words: int = 99                     # that are read
    lower: bool = False
    before: str = ""                    # put before the text
    norm: float = 1.0
    rounding: float = 0.0               # added to each number

    def __call__(self, text):
        """The vector of a text."""
        text = self.before + (text.lower() if self.lower else text)
        seeds = [zlib.crc32(word.encode()) for word in text.split()[:self.words]]
        rows = [torch.randn(8, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
        return self.norm * normalize(torch.stack(rows).mean(0)[None])[0] + self.rounding

    def __repr__(self):
        changed = [f"{field.name}={getattr(self, field.name)!r}" for field in fields(self)
                   if getattr(self, field.name) != field.default]
        return f"Cause({', '.join(changed)})"


WORDS = "parcel boxes goods money answer lamps photographs damaged missing clocks van bank".split()


def pairs(generator):
    """Two causes and a few texts; some pairs are told apart by no text, some by one alone."""
    def text(count):
        """A text of chance words."""
        return " ".join(WORDS[i] for i in torch.randperm(len(WORDS), generator=generator)[:count])

    two, four, all_of_them = text(2), text(4), text(12)
    texts = [text(5), all_of_them, text(3), two, text(8)]
    causes = [Cause(words=n, before=before) for n in (5, 9) for before in ("query: ", "an ")]
    return [(Cause(), Cause(words=3), [two, four]),
            (Cause(words=3), Cause(words=2), [two, two.title()]),
            (Cause(), Cause(rounding=1e-6), [two, four]),
            (Cause(), Cause(before="query: "), [all_of_them, text(6), two]),
            (Cause(), Cause(lower=True), [four, text(7), four.title(), two]),
            (Cause(words=4), Cause(words=7), texts), (Cause(before="query: "), Cause(), texts),
            (Cause(lower=True), Cause(before="passage: "), [*texts, four.title()]),
            (Cause(), Cause(norm=2.0, before="a "), texts),
            (Cause(norm=3.0), Cause(), [four]), (Cause(words=20), Cause(words=30), texts),
            *((Cause(), cause, [text(n) for n in (4, 9, 3, 7)]) for cause in causes)]


def most(size, least=ROUNDING, give=lambda best, i, texts: texts[i]):
    """An answer: the text whose `size(a, b)` is largest, or None if that is `least` or less."""
    def answer(cause_a, cause_b, texts):
        """The text on which two causes differ most, by this size."""
        found = [float(size(cause_a(text), cause_b(text))) for text in texts]
        best = max(found)
        return give(best, found.index(best), texts) if best > least else None
    return answer


def largest(a, b):
    """The largest difference of two vectors."""
    return (a - b).abs().max()


def first(cause_a, cause_b, texts):
    """A wrong answer: the first text on which the causes differ at all."""
    return next((t for t in texts if largest(cause_a(t), cause_b(t)) > ROUNDING), None)


def least_telling(cause_a, cause_b, texts):
    """A wrong answer: the text with the smallest difference above rounding."""
    sizes = {text: float(largest(cause_a(text), cause_b(text))) for text in texts}
    seen = [text for text in texts if sizes[text] > ROUNDING]
    return min(seen, key=sizes.get) if seen else None


@function(
    cases=pairs,
    mistakes={
        "you give the first text that tells the causes apart: look at all, and give the one on "
        "which they differ most": first,
        "you give the size of the difference: give the text itself":
            most(largest, give=lambda best, i, texts: best),
        "you give the text's place in the list: give the text itself":
            most(largest, give=lambda best, i, texts: i),
        "where no text separates the causes, say so with None: the largest of differences that are "
        "all rounding proves nothing": most(largest, least=-1.0),
        "you take rounding for a difference: up to 1e-5 the two vectors are the same":
            most(largest, least=0.0),
        "you give the text on which the causes differ least: that one tells least": least_telling,
        "you compare directions alone, and a cause may change the norm: compare every number":
            most(lambda a, b: 1 - torch.cosine_similarity(a.double(), b.double(), dim=0)),
        "a difference may be negative: take its absolute value before the largest":
            most(lambda a, b: (a - b).max()),
        "the longest text does not always tell most: before a short one, a prefix weighs more":
            lambda cause_a, cause_b, texts: max(texts, key=len),
    },
    remember="Ask for the vector of that text: on it, your two explanations cannot both be right.",
    hints=("for each text: how far apart are the two causes' vectors, in the number where they "
           "differ most?",
           "keep the sizes (cause_a(text) - cause_b(text)).abs().max() in a list; return the text "
           "of the largest, or None if that is at most 1e-5"),
)
def telling_text(cause_a, cause_b, texts):
    """write telling_text(cause_a, cause_b, texts): the text on which the two causes' vectors differ
    most, None if none separates them by more than 1e-5.
    """
    return most(largest)(cause_a, cause_b, texts)


@functools.cache
def _own():
    """The model in use, as its files say; its weights are there once."""
    return Encoder(model_dir())


def program(pooling=None, cut="after", limit=LIMIT):
    """A program that cuts at `limit` tokens before or after the special tokens are there, or
    never, or takes the last one off each text; and pools in some way: text -> (D,).
    """
    @torch.no_grad()
    def run(text):
        """The vector of a text."""
        ids = _own().token_ids([text])[0]
        if cut == "before" and len(ids) > limit:
            ids = [*ids[:limit - 1], ids[-1]]
        ids = ids[:-1][:limit] if cut == "end" else ids if cut == "never" else ids[:limit]
        hidden = _own().model(torch.tensor([ids])).last_hidden_state            # (1, T, D)
        mask = torch.ones(hidden.shape[:2], dtype=torch.long)                   # (1, T)
        pools = [pooling] if pooling else _own().pooling
        vector = torch.cat([POOLINGS[name](hidden, mask) for name in pools], dim=-1)
        return (normalize(vector) if _own().normalize else vector)[0]
    return run


def texts(generator):
    """A word, then texts of chance words; some are longer than the stranger reads."""
    def words(count):
        """A text of chance words."""
        return " ".join(WORDS[i] for i in torch.randint(len(WORDS), (count,), generator=generator))

    return [("hello",), (words(6),), (words(45) + ".",), (words(70),)]


@function(
    cases=texts,
    mistakes={
        "this is what the model's own files say: the stranger does two things differently":
            program(cut="never"),
        "the pooling is right, but the stranger reads fewer tokens of a long text":
            program("max", "never"),
        "limit and pooling are right, but you keep the text's end token: look at the last id "
        "after the cut": program("max", "before"),
        "limit and pooling are right, but you take the end token off every text: a short text "
        "keeps it": program("max", "end"),
        "the cut is right, and the pooling is not: try the other poolings with the same ids":
            program(),
        "the cut is right, but it is not cls: try the other poolings": program("cls"),
        "the cut is right, but it is not the mean: try the other poolings": program("mean"),
        "the cut is right, but it is not the last token: try the other poolings": program("last"),
        **{f"the pooling is right, but {limit} is not the limit": program("max", limit=limit)
           for limit in (16, 24, 32, 48)},
    },
    remember="The tool lacks this cut. You found it, since you could reproduce what the tool "
             "could not.",
    hints=("a table, as in the lesson: each limit in a row, each pooling in a column. In which "
           "cell is the distance to `mystery` rounding? Cut as transformers.js does",
           "embed(\"\", pooling=..., ids=tokenizer(text)[\"input_ids\"][:limit]) is a program "
           "with another pooling that cuts after the special tokens"),
)
def stranger(text):
    """write stranger(text): what the program of `mystery` gives for any text, shape (D,). It does
    two things differently.
    """
    return program("max")(text)
