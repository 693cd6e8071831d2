"""Wrong answers that people give in notebook 09, and the words that name the mistake."""
import functools

import torch
from transformers import AutoModel, AutoTokenizer

from helpers import model_dir, normalize
from helpers.pooling import POOLINGS


def sizes(cause_a, cause_b, texts):
    return [(cause_a(text) - cause_b(text)).abs().max().item() for text in texts]


def always(cause_a, cause_b, texts):
    return max(texts, key=lambda text: sizes(cause_a, cause_b, [text])[0])


def any_difference(cause_a, cause_b, texts):
    found = [text for text in texts if not torch.equal(cause_a(text), cause_b(text))]
    return always(cause_a, cause_b, found) if found else None


def first_apart(cause_a, cause_b, texts):
    for text, size in zip(texts, sizes(cause_a, cause_b, texts), strict=True):
        if size > 1e-5:
            return text
    return None


def how_far(cause_a, cause_b, texts):
    far = max(sizes(cause_a, cause_b, texts))
    return far if far > 1e-5 else None


def where(cause_a, cause_b, texts):
    found = sizes(cause_a, cause_b, texts)
    return found.index(max(found)) if max(found) > 1e-5 else None


def signed(cause_a, cause_b, texts):
    found = {text: (cause_a(text) - cause_b(text)).max().item() for text in texts}
    best = max(found, key=found.get)
    return best if found[best] > 1e-5 else None


@functools.cache
def loaded():
    return (AutoTokenizer.from_pretrained(model_dir()),
            AutoModel.from_pretrained(model_dir(), dtype=torch.float32).eval())


@torch.no_grad()
def pooled(ids, pooling="max"):
    hidden = loaded()[1](torch.tensor([ids])).last_hidden_state
    mask = torch.ones(hidden.shape[:2], dtype=torch.long)
    return normalize(POOLINGS[pooling](hidden, mask))[0]


def ids(text, **how):
    return loaded()[0](text, **how)["input_ids"]


WRONG = {
    "telling_text": [
        (first_apart, "the first text"),
        (always, "with None"),
        (any_difference, "rounding for a difference"),
        (how_far, "the size of the difference"),
        (where, "place in the list"),
        (signed, "may be negative"),
        (lambda cause_a, cause_b, texts: max(texts, key=len), "longest text"),
    ],
    "stranger": [
        (lambda text: pooled(ids(text, truncation=True, max_length=40)), "end token: look"),
        (lambda text: pooled(ids(text)), "fewer tokens"),
        (lambda text: pooled(ids(text)[:40], "mean").tolist(), "pooling"),
        (lambda text: pooled(ids(text)[:40], "last"), "not the last token"),
        (lambda text: pooled(ids(text)[:32]), "32 is not the limit"),
        (lambda text: pooled(ids(text)[:-1][:40]), "off every text"),
    ],
}
