"""The retrieval set keeps what its `about` says of each kind of question."""
import re

import pytest

from helpers.data import load

SET = load("retrieval.json")
QUESTIONS, PASSAGES, KINDS = SET["questions"], SET["passages"], SET["kinds"]
STOP = set("""a an the and or but nor of to in on at by for from with without into onto out up off
over under about after before as than then that this these those it its he she they them their
there here i me my mine you your we our us one who whom whose what which when where why how is are
was were be been being am do does did done have has had will would can could may might must should
shall not no nor if so too very just also any all some each every more most much many few less
least own same other another both either only such again once ever never long often get gets got go
goes make makes made take takes took keep keeps need needs come comes came while until because
between through""".split())
ENDINGS = ("ations", "ation", "ingly", "edly", "ings", "ies", "ing", "ers", "ed", "er", "es", "ly",
           "s", "e", "y")
SMALLEST = {"other words": 48, "shared words": 48, "names and numbers": 48, "paraphrase": 48}


def stem(word):
    """A word without its endings, roughly."""
    for _ in range(2):
        ending = next((e for e in ENDINGS if word.endswith(e) and len(word) - len(e) >= 3), "")
        word = word.removesuffix(ending)
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def content(text):
    """The stems of a text's words that say what it is about."""
    words = re.findall(r"[a-z0-9][a-z0-9.\-]*[a-z0-9]|[a-z0-9]", text.lower().replace("'s", ""))
    return {stem(word) for word in words if word not in STOP}


def exact(question):
    """The names, numbers and codes that decide between near twins."""
    words = re.findall(r"[A-Za-z0-9][\w.\-]*\w|\w", question)[1:]
    return {word for word in words if word[0].isupper() or re.search(r"\d", word)}


WORDS = [content(passage) for passage in PASSAGES]


def faults(kind, question, own):
    """What a pair lacks of its kind: -> str, "" if nothing. `own`: its passage's number."""
    asked = content(question)
    common, others = asked & WORDS[own], [w for i, w in enumerate(WORDS) if i != own]
    if kind == "other words":
        return f"shares {common}" if common else ""
    if kind == "paraphrase":
        return f"shares {common}" if len(common) > 1 else ""
    if kind == "shared words":
        rivals = sum(len(asked & words) >= 2 for words in others)
        return "" if len(common) >= 2 and rivals else f"shares {common}, {rivals} rivals"
    marks = exact(question)
    twins = [text for i, text in enumerate(PASSAGES) if i != own and asked & WORDS[i]
             and len(WORDS[i] & WORDS[own]) >= 2 and any(mark not in text for mark in marks)]
    held = marks and all(mark in PASSAGES[own] for mark in marks)
    return "" if held and twins else f"{marks}, {len(twins)} twins"


def test_its_size():
    assert len(QUESTIONS) == len(KINDS) >= 200 and len(PASSAGES) >= len(QUESTIONS) + 72
    assert {kind: KINDS.count(kind) >= least for kind, least in SMALLEST.items()} == dict.fromkeys(
        SMALLEST, True) and set(KINDS) == set(SMALLEST)
    assert sum(len(passage.split()) >= 60 for passage in PASSAGES) == 10


def test_nothing_stands_twice():
    for texts in (QUESTIONS, PASSAGES):
        assert len({text.casefold() for text in texts}) == len(texts)


@pytest.mark.parametrize("kind", SMALLEST)
def test_a_kind_is_what_it_says(kind):
    wrong = {i: faults(kind, QUESTIONS[i], i) for i in range(len(QUESTIONS)) if KINDS[i] == kind}
    assert not {QUESTIONS[i]: fault for i, fault in wrong.items() if fault}


@pytest.mark.parametrize("kind, question", [
    ("other words", "What is baked in the oven?"),          # its passage has the oven
    ("paraphrase", "Heat the oven, please."), ("shared words", "Who invented the zip?"),
    ("names and numbers", "What does error code E99 mean?")])
def test_a_pair_of_the_wrong_kind_is_seen(kind, question):
    oven = next(i for i, passage in enumerate(PASSAGES) if passage.startswith("Heat the oven"))
    assert faults(kind, question, oven)
