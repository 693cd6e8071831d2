"""Texts to measure on, made from a seed and the model's own vocabulary: no network, the same on every machine."""
import functools
import itertools
import pathlib
import random
import re

SEED = 4
LONGEST = 256           # tokens that the embedded model reads of a text
GLUED = 0.12            # share of words that get an ending, and so need two tokens or more


def corpora(folder, quick=False):
    """The texts of every part: {name: list of str}; `quick`: the first few of each."""
    sizes = {"mixed": 1000, "short": 1000, "long": 200} if not quick else {"mixed": 60, "short": 200, "long": 12}
    made = {name: list(itertools.islice(stream(folder, name), n)) for name, n in sizes.items()}
    made["peak"] = made["mixed"][:300]
    made["many"] = list(itertools.islice(stream(folder, "short"), 50_000 if not quick else 2000))
    return made


def stream(folder, kind):
    """Texts without end: "mixed" (log-normal, median 40 words, up to 256 tokens), "short" (6 to 16 words) or "long"
    (256 tokens or more)."""
    chance = random.Random(f"{SEED} {kind}")
    vocabulary = words(folder)
    while True:
        if kind == "mixed":
            yield fit(sentence(chance, vocabulary, round(chance.lognormvariate(3.689, 0.8))), LONGEST, folder)  # e^3.689 = 40
        elif kind == "short":
            yield " ".join(sentence(chance, vocabulary, chance.randint(6, 16)))
        else:
            yield " ".join(sentence(chance, vocabulary, chance.randint(LONGEST, 400)))


def query(folder):
    """One short question of 13 tokens: eleven whole words and the two special tokens."""
    chance = random.Random(f"{SEED} query")
    whole, _, weights = words(folder)
    return " ".join(chance.choices(whole, cum_weights=weights, k=11))


def sentence(chance, vocabulary, count):
    """`count` words, drawn as often as their rank in the vocabulary says (Zipf): list of str."""
    whole, endings, weights = vocabulary
    drawn = chance.choices(whole, cum_weights=weights, k=max(1, count))
    return [word + chance.choice(endings) if chance.random() < GLUED else word for word in drawn]


def fit(text, most, folder):
    """The words joined, without the last ones if that is more than `most` tokens."""
    while count_tokens(folder, [" ".join(text)])[0] > most:
        text = text[:-1]
    return " ".join(text)


@functools.cache
def words(folder):
    """Of vocab.txt, which lists common words first: whole words, endings, and the sums of 1 / rank to draw words by."""
    lines = pathlib.Path(folder, "vocab.txt").read_text("utf-8").splitlines()
    whole = [line for line in lines if re.fullmatch(r"[a-z]{2,}", line)]
    endings = [line[2:] for line in lines if re.fullmatch(r"##[a-z]{1,5}", line)]
    return whole, endings, list(itertools.accumulate(1 / (rank + 3) for rank in range(len(whole))))


@functools.cache
def tokenizer(folder):
    from tokenizers import Tokenizer
    made = Tokenizer.from_file(str(pathlib.Path(folder, "tokenizer.json")))
    made.no_padding()
    made.no_truncation()
    return made


def count_tokens(folder, texts):
    """How many tokens each text has, special tokens included: list of int."""
    return [len(encoding.ids) for encoding in tokenizer(folder).encode_batch(texts)]
