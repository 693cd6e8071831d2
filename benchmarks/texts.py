"""Texts to measure on, made from a seed and the model's vocabulary: the same on every machine."""
import functools
import itertools
import pathlib
import random
import re

from tokenizers import Tokenizer

SEED = 4
LONGEST = 256           # tokens that the embedded model reads of a text
GLUED = 0.12            # share of words that get an ending, and so need two tokens or more
SIZES = {"mixed": 400, "short": 500, "long": 100, "many": 50_000}
QUICK = {"mixed": 60, "short": 200, "long": 12, "many": 2000}


def corpora(folder: str, quick: bool = False) -> dict[str, list[str]]:
    """The texts of every part; `quick`: the first few of each."""
    made = {name: list(itertools.islice(stream(folder, "short" if name == "many" else name), size))
            for name, size in (QUICK if quick else SIZES).items()}
    mixed = made["mixed"]
    return {**made, "peak": mixed[:300], "some": mixed[:40 if quick else 200], "warm": mixed[:16]}


def stream(folder: str, kind: str):
    """Texts without end: "mixed" (log-normal, median 40 words, up to 256 tokens), "short" (6 to 16
    words) or "long" (256 tokens or more)."""
    chance = random.Random(f"{SEED} {kind}")
    while True:
        if kind == "mixed":
            drawn = draw(chance, folder, round(chance.lognormvariate(3.689, 0.8)))  # e^3.689 = 40
            while count_tokens(folder, [" ".join(drawn)])[0] > LONGEST:
                drawn.pop()
        else:
            few, most = (6, 16) if kind == "short" else (LONGEST, 400)
            drawn = draw(chance, folder, chance.randint(few, most))
        yield " ".join(drawn)


def draw(chance: random.Random, folder: str, count: int) -> list[str]:
    """`count` words, drawn as often as their rank in the vocabulary says (Zipf)."""
    whole, endings, weights = vocabulary(folder)
    drawn = chance.choices(whole, cum_weights=weights, k=max(1, count))
    return [word + chance.choice(endings) if chance.random() < GLUED else word for word in drawn]


def query(folder: str) -> str:
    """One short question of 13 tokens: eleven whole words and the two special tokens."""
    whole, _, weights = vocabulary(folder)
    return " ".join(random.Random(f"{SEED} query").choices(whole, cum_weights=weights, k=11))


@functools.cache
def vocabulary(folder: str) -> tuple[list[str], list[str], list[float]]:
    """Of vocab.txt, common words first: whole words, endings, sums of 1 / rank to draw words by."""
    lines = pathlib.Path(folder, "vocab.txt").read_text("utf-8").splitlines()
    whole = [line for line in lines if re.fullmatch(r"[a-z]{2,}", line)]
    endings = [line[2:] for line in lines if re.fullmatch(r"##[a-z]{1,5}", line)]
    return whole, endings, list(itertools.accumulate(1 / (i + 3) for i in range(len(whole))))


@functools.cache
def tokenizer(folder: str) -> Tokenizer:
    """The model's tokenizer, which here neither pads nor truncates."""
    made = Tokenizer.from_file(str(pathlib.Path(folder, "tokenizer.json")))
    made.no_padding()
    made.no_truncation()
    return made


def count_tokens(folder: str, texts: list[str]) -> list[int]:
    """How many tokens each text has, special tokens included."""
    return [len(encoding.ids) for encoding in tokenizer(folder).encode_batch(texts)]
