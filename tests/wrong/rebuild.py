"""Wrong answers that people give in notebook 07, and the words that name the mistake."""
import functools

import torch
from transformers import AutoModel, AutoTokenizer

from helpers import Encoder, model_dir
from helpers.check.rebuild import Letters
from helpers.check.strange_folders import folder
from helpers.models.folder import read_recipe
from helpers.pooling import POOLINGS, mean_pool, normalize


def every_second_time(vectors, order):
    result = vectors
    for _ in range(2):
        result = torch.stack([result[i] for i in order])
    return result


def downwards(vectors, order):
    pairs = sorted(zip(order.tolist(), vectors, strict=True), reverse=True)
    return torch.stack([vector for _, vector in pairs])


def pieces(text, limit):
    words = text.split(" ")
    return [" ".join(words[i:i + limit]) for i in range(0, len(words), limit)]


def plain(text, embed, limit):
    return normalize(embed(pieces(text, limit)).mean(dim=0))


def too_short(text, embed, limit):
    parts = pieces(text, limit)
    return sum(embed([part])[0] * len(part.split()) for part in parts) / len(text.split())


def not_weighed_and_short(text, embed, limit):
    return sum(embed([part])[0] for part in pieces(text, limit)) / len(pieces(text, limit))


def in_one_go(text, embed, limit):
    return embed([text]).squeeze(0)


def letters(text, embed, limit):
    parts, rest = [], text
    while rest:
        parts, rest = [*parts, rest[:limit]], rest[limit:]
    return normalize(embed(parts).mean(dim=0))


def cut_once(text, embed, limit):
    words = text.split()
    counts = min(limit, len(words)), max(0, len(words) - limit)
    first, rest = embed([" ".join(words[:limit]), " ".join(words[limit:])])
    return normalize((first * counts[0] + rest * counts[1])[None])[0]


def without_the_rest(text, embed, limit):
    words = text.split()
    parts = [words[i * limit:(i + 1) * limit] for i in range(len(words) // limit)] or [words]
    weights = torch.tensor([[len(part)] for part in parts])
    return normalize((embed([" ".join(part) for part in parts]) * weights).sum(dim=0))


@torch.no_grad()
def steps(folder, texts):
    model, tokenizer, recipe = *loaded(str(folder)), read_recipe(folder)
    tokens = tokenizer([recipe.prompt + text for text in texts], padding=True, truncation=True,
                       max_length=recipe.max_length, return_tensors="pt")
    return model(**tokens).last_hidden_state, tokens["attention_mask"], recipe


@functools.lru_cache(maxsize=8)
def loaded(path):
    return AutoModel.from_pretrained(path).eval(), AutoTokenizer.from_pretrained(path)


def pooled(hidden, mask, recipe):
    return torch.hstack([POOLINGS[name](hidden, mask) for name in recipe.pooling])


def always_the_mean(folder, texts):
    hidden, mask, recipe = steps(folder, texts)
    return normalize(mean_pool(hidden, mask)) if recipe.normalize else mean_pool(hidden, mask)


def always_length_one(folder, texts):
    return normalize(pooled(*steps(folder, texts))).tolist()


def never_length_one(folder, texts):
    return pooled(*steps(folder, texts)).numpy()


def position_zero(folder, texts):
    hidden, mask, recipe = steps(folder, texts)
    parts = [hidden[:, 0] if name == "cls" else POOLINGS[name](hidden, mask)
             for name in recipe.pooling]
    return normalize(torch.hstack(parts)) if recipe.normalize else torch.hstack(parts)


def without_the_prompt(folder, texts):
    model, tokenizer = loaded(str(folder))
    recipe = read_recipe(folder)
    tokens = tokenizer(texts, padding=True, truncation=True, max_length=recipe.max_length,
                       return_tensors="pt")
    with torch.no_grad():
        hidden = model(**tokens).last_hidden_state
    vectors = pooled(hidden, tokens["attention_mask"], recipe)
    return normalize(vectors) if recipe.normalize else vectors


def a_copy_of_one_model(folder, texts):
    return normalize(mean_pool(*steps(folder, texts)[:2]))


@functools.cache
def first_model():
    return Encoder(model_dir())


WRONG = {
    "in_order": [
        (lambda vectors, order: vectors, "as they came"),
        (every_second_time, "twice"),
        (lambda vectors, order: torch.flip(vectors, [0]), "turned the rows round"),
        (downwards, "downwards"),
        (lambda vectors, order: vectors.sort(dim=0)[0], "whole rows"),
    ],
    "embed_long": [
        (plain, "a short rest at the end"),
        (too_short, "shorter than 1"),
        (not_weighed_and_short, "plain mean"),
        (in_one_go, "in one piece"),
        (letters, "so many letters"),
        (without_the_rest, "last full part"),
        (cut_once, "you cut once"),
    ],
    "capstone": [
        (always_the_mean, "by the mean whatever"),
        (always_length_one, "has no Normalize"),
        (never_length_one, "never normalize"),
        (position_zero, "position 0"),
        (without_the_prompt, "words before every text"),
        (a_copy_of_one_model, "all-MiniLM-L6-v2's files"),
        (lambda folder, texts: Encoder(str(folder)).encode(texts), "as helpers.Encoder does"),
        (lambda folder, texts: first_model().encode(texts), "the notebook's own model"),
    ],
}


def orders(generator):
    return [(torch.randn(n, 3, generator=generator), torch.randperm(n, generator=generator))
            for n in range(1, 12)]


def texts(generator):
    """Longer texts than the check's, parts of one word, and a limit that no text reaches."""
    cases = []
    for count, limit in [(1, 1), (4, 1), (6, 3), (7, 100), (30, 4), (41, 5)]:
        drawn = torch.randint(1, 5, (count,), generator=generator).tolist()
        cases.append((" ".join("abc"[n % 3] * n for n in drawn), Letters(limit), limit))
    return cases


def other_folders(generator):
    """One folder a seed, of a kind that the check does not hold."""
    seed = torch.randint(1000, (), generator=generator).item()
    kind, side = ("BERT", "ELECTRA", "XLM-R")[seed % 3], ("left", "right")[seed % 2]
    return [(folder(seed, kind, ("cls mean", "max")[seed % 5 % 2], side, seed % 7 < 4, 9),
             ["a", "", "one two three four five six seven eight nine"])]


WIDE = {"in_order": orders, "embed_long": texts, "capstone": other_folders}
