"""Wrong answers that people give in notebook 07, and the words that name the mistake."""
import functools

import torch
from transformers import AutoModel, AutoTokenizer

from helpers import Encoder, EncoderEmbeddings, model_dir
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
    return sum(embed([part])[0] * len(part.split(" ")) for part in parts) / len(text.split(" "))


def not_weighed_and_short(text, embed, limit):
    return sum(embed([part])[0] for part in pieces(text, limit)) / len(pieces(text, limit))


def in_one_go(text, embed, limit):
    return embed([text]).squeeze(0)


def letters(text, embed, limit):
    parts, rest = [text[:limit]], text[limit:]
    while rest:
        parts, rest = [*parts, rest[:limit]], rest[limit:]
    return normalize(embed(parts).mean(dim=0))


def cut_once(text, embed, limit):
    words = text.split() or [""]
    counts = min(limit, len(words)), max(0, len(words) - limit)
    first, rest = embed([" ".join(words[:limit]), " ".join(words[limit:])])
    return normalize((first * counts[0] + rest * counts[1])[None])[0]


def without_the_rest(text, embed, limit):
    words = text.split() or [""]
    parts = [words[i * limit:(i + 1) * limit] for i in range(len(words) // limit)] or [words]
    weights = torch.tensor([[len(part)] for part in parts])
    return normalize((embed([" ".join(part) for part in parts]) * weights).sum(dim=0))


@functools.lru_cache(maxsize=8)
def loaded(path):
    return AutoModel.from_pretrained(path).eval(), AutoTokenizer.from_pretrained(path)


def made_ready(folder, texts):
    """The texts as LangChain hands them to the tokenizer."""
    recipe = read_recipe(folder)
    if recipe.more:
        raise ValueError("a step that I do not know")
    texts = [recipe.prompt + text.replace("\n", " ") for text in texts]
    return [text.lower() if recipe.lower_case else text for text in texts]


@torch.no_grad()
def run(folder, texts, turn):
    """One batch of texts that are ready; `turn` makes vectors of hidden, mask and recipe."""
    model, tokenizer, recipe = *loaded(str(folder)), read_recipe(folder)
    tokens = tokenizer(texts, padding=True, truncation=True, max_length=recipe.max_length,
                       return_tensors="pt")
    return turn(model(**tokens).last_hidden_state, tokens["attention_mask"], recipe)


def in_batches(folder, texts, turn, put_back=True):
    ready, lengths = made_ready(folder, texts), [-len(text) for text in texts]
    order = sorted(range(len(texts)), key=lengths.__getitem__)
    rows = torch.vstack([run(folder, [ready[i] for i in order[k:k + 32]], turn)
                         for k in range(0, len(order), 32)])
    return torch.stack([rows[order.index(i)] for i in range(len(order))]) if put_back else rows


def pooled(hidden, mask, recipe):
    return torch.hstack([POOLINGS[name](hidden, mask) for name in recipe.pooling])


def as_it_says(hidden, mask, recipe):
    vectors = pooled(hidden, mask, recipe)
    return normalize(vectors) if recipe.normalize else vectors


def always_the_mean(folder, texts):
    return in_batches(folder, texts, lambda hidden, mask, recipe: normalize(mean_pool(
        hidden, mask)) if recipe.normalize else mean_pool(hidden, mask))


def always_length_one(folder, texts):
    return in_batches(folder, texts, lambda *parts: normalize(pooled(*parts))).tolist()


def never_length_one(folder, texts):
    return in_batches(folder, texts, pooled).numpy()


def position_zero(folder, texts):
    def turn(hidden, mask, recipe):
        parts = [hidden[:, 0] if name == "cls" else POOLINGS[name](hidden, mask)
                 for name in recipe.pooling]
        return normalize(torch.hstack(parts)) if recipe.normalize else torch.hstack(parts)
    return in_batches(folder, texts, turn)


def without_the_prompt(folder, texts):
    prompt = read_recipe(folder).prompt
    return put(folder, texts, [text.removeprefix(prompt) for text in made_ready(folder, texts)])


def a_copy_of_one_model(folder, texts):
    return in_batches(folder, texts, lambda hidden, mask, _: normalize(mean_pool(hidden, mask)))


def bare_steps(folder, texts):
    """What looks finished after the lesson's first half: the recipe's prompt, limit, pooling."""
    return run(folder, [read_recipe(folder).prompt + text for text in texts], as_it_says)


def line_breaks(folder, texts):
    ready = [text.replace("\t", "\n") for text in made_ready(
        folder, [text.replace("\n", "\t") for text in texts])]
    return put(folder, texts, ready)


def capitals(folder, texts):
    made_ready(folder, texts)
    return put(folder, texts, [read_recipe(folder).prompt + text.replace("\n", " ")
                               for text in texts])


def put(folder, texts, ready):
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
    rows = [run(folder, [ready[i] for i in order[k:k + 32]], as_it_says)
            for k in range(0, len(order), 32)]
    return torch.cat(rows)[torch.tensor(order).argsort()]


def no_refusal(folder, texts):
    recipe = read_recipe(folder)
    return in_batches(folder, texts, as_it_says) if not recipe.more else run(
        folder, [recipe.prompt + text for text in texts], as_it_says)


def one_batch(folder, texts):
    return run(folder, made_ready(folder, texts), as_it_says)


def the_lessons_class(folder, texts):
    """EncoderModel(folder).encode(texts): batches of 32 as the texts come."""
    ready = made_ready(folder, texts)
    return torch.cat([run(folder, ready[k:k + 32], as_it_says) for k in range(0, len(ready), 32)])


def the_careful_class(folder, texts):
    if read_recipe(folder).more:
        raise ValueError("a step that I leave to others")
    return EncoderEmbeddings(Encoder(str(folder))).embed_documents(texts)


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
        (the_careful_class, "as helpers.Encoder does"),
        (bare_steps, "the bare steps"),
        (line_breaks, "a line break went"),
        (capitals, "read recipe.lower_case"),
        (no_refusal, "look at recipe.more"),
        (one_batch, "all texts in one batch"),
        (the_lessons_class, "in the order of the texts"),
        (lambda folder, texts: in_batches(folder, texts, as_it_says, False), "put the rows back"),
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
