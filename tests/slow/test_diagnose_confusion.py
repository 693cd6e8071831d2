"""diagnose against vectors of known making: hundreds of cases from a seed, a confusion table, bounds on its errors.

DIAGNOSE_SEED and DIAGNOSE_CASES in the environment choose other cases.
"""
import collections
import itertools
import os
import random

import numpy as np
import pytest
from other_programs import OtherProgram, store
from tiny import build_bge

from helpers import diagnose, model_dir

SEED, CASES = int(os.environ.get("DIAGNOSE_SEED", 0)), int(os.environ.get("DIAGNOSE_CASES", 200))
TEXTS = [
    "hello world!", "The bank raised its interest rates.", "Where is the nearest train station, please?",
    "  A text with Capitals and white space around it\n", "Paris", "你好，世界！ 向量 embedding 42",
    "Line one\nline two\nline three",
    " ".join(f"Sentence {i} of a text about rivers, Banks and loans." for i in range(12)),
    " ".join(f"Item {i}: the committee adjourned at {i % 12} o'clock." for i in range(40)),
]
POOLINGS = {f"pooling:{name}" for name in ("cls", "mean", "max", "last", "unmasked_mean", "mean_without_special",
                                           "pooler_output")}
SHARED = ["tokens:no_special", "truncate:32", "truncate:64", "truncate:128", "precision:fp16", "precision:bf16",
          "precision:int8", "gelu:tanh", "layer:1", "dims:32", "text:prefix=query: ", "text:prefix=search_document: ",
          "text:prefix=Represent this sentence for searching relevant passages: ", "text:lower", "text:strip"]
STORAGES = {"": None, "4 decimals": None, "fp16": "precision:fp16", "int8": "precision:int8"}


class Subject:
    """A model under diagnosis, and the other program that makes its vectors."""

    def __init__(self, folder, own, max_length, more):
        self.folder, self.other = str(folder), OtherProgram(folder, own, max_length)
        self.after = sorted(POOLINGS - {f"pooling:{own}"}) + ["normalize:off"]
        self.singles = [(cause,) for cause in SHARED + more + self.after]
        self.pairs = [(a, b) for a, b in itertools.product(self.after, SHARED + more)]
        self.pairs += [(a, "normalize:off") for a in self.after[:-1]]


@pytest.fixture(scope="module", params=["embedded", "bge"])
def subject(request, tmp_path_factory):
    if request.param == "embedded":
        return Subject(model_dir("all-MiniLM-L6-v2"), "mean", 256, ["layer:3", "layer:5", "dims:256", "truncate:512"])
    return Subject(build_bge(tmp_path_factory.mktemp("bge")), "cls", 8192, ["positions:unshifted", "truncate:512"])


def cases(subject, kinds, count):
    """`count` seeded cases that can be told: (text, causes, vector, expected), and why others were left out."""
    dice, made, left_out = random.Random(SEED), [], collections.Counter()
    while len(made) < count:
        text, causes, storage = dice.choice(TEXTS), dice.choice(kinds), dice.choice(list(STORAGES))
        storage = "" if any(cause.startswith("precision") for cause in causes) else storage
        vector = store(subject.other.vector(text, causes), storage)
        idle = [c for c in causes if near(vector, store(subject.other.vector(text, set(causes) - {c}), storage))]
        if {"pooling:mean_without_special", "tokens:no_special"} <= set(causes):
            left_out["mean_without_special and no_special (that is the mean)"] += 1
        elif idle:
            left_out[f"{idle[0]} changes nothing"] += 1
        else:
            made.append((text, causes, vector, tuple(sorted({*causes, STORAGES[storage]} - {None}))))
    return sorted(made, key=lambda case: case[0]), left_out


def near(a, b):
    return a.shape == b.shape and np.abs(a.astype(float) - b).max() <= 1e-5 * np.abs(b).max()


def confusion(subject, made):
    """{kind of case: Counter of "exact", "other causes", "not found"} and the cases that went wrong."""
    table, wrong = collections.defaultdict(collections.Counter), []
    for text, causes, vector, expected in made:
        answer = diagnose(vector, text, subject.folder)
        outcome = "exact" if answer.causes == expected else "other causes" if answer.found else "not found"
        table[" + ".join(cause.partition(":")[0] for cause in causes)][outcome] += 1
        wrong += [(text[:20], expected, answer.causes)] if outcome != "exact" else []
    return table, wrong


def test_every_single_difference_is_named(subject):
    """Each on the first text that it changes, in full precision: a kind that never works cannot hide in a share."""
    idle = set()
    for (cause,) in subject.singles:
        changed = [(text, made) for text in TEXTS for made in [subject.other.vector(text, [cause])]
                   if not near(made, subject.other.vector(text))]
        for text, vector in changed[:1]:
            assert diagnose(vector, text, subject.folder).causes == (cause,), (cause, text[:20])
        idle |= set() if changed else {cause}
    print(f"\nchange nothing on this model: {idle}")
    assert idle <= {"text:strip", "text:lower"}


@pytest.mark.parametrize("count, share", [(1, 0.95), (2, 0.85)], ids=["singles", "pairs"])
def test_known_differences_are_named(subject, count, share):
    kinds = subject.singles if count == 1 else subject.pairs
    made, left_out = cases(subject, kinds, CASES // 2)
    table, wrong = confusion(subject, made)
    print(f"\nseed {SEED}, {len(made)} cases; left out: {dict(left_out)}")
    for kind, row in sorted(table.items()):
        print(f"{kind:<24}" + "".join(f"{name} {row[name]:<6}" for name in ("exact", "other causes", "not found")))
    print(*wrong, sep="\n")
    assert sum(row["exact"] for row in table.values()) >= share * len(made), wrong


def test_noise_and_other_texts_are_not_named(subject, tmp_path):
    dice, size = np.random.default_rng(SEED), subject.other.config.hidden_size
    stranger = OtherProgram(build_bge(tmp_path, hidden_size=size, seed=7), "cls", 8192)
    named = []
    for i in range(CASES // 2):
        text, other = TEXTS[i * 10 // CASES], TEXTS[5 + i % 4]          # the same text in a row: its passes are kept
        noise = dice.normal(size=size) * dice.choice([0.05, 1.0])
        vector = [noise, subject.other.vector(other), stranger.vector(text)][i % 3]
        answer = diagnose(store(vector, ["", "4 decimals", "fp16", "int8", "codes"][i % 5]), text,
                          subject.folder)
        named += [(i, answer.causes)] if answer.found or answer.causes else []
    print(f"\nnamed {len(named)} of {CASES // 2}")
    assert len(named) <= 0.02 * (CASES // 2), named


@pytest.mark.parametrize("storage", [*STORAGES, "codes"])
def test_the_right_vector_is_right(subject, storage):
    for text in TEXTS:
        answer = diagnose(store(subject.other.vector(text), storage), text, subject.folder)
        expected = {"codes": ("precision:int8",)}.get(storage) or tuple({STORAGES.get(storage)} - {None})
        assert answer.found and answer.causes == expected, text
