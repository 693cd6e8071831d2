"""The exercises of notebook 09."""
import functools

import torch

from helpers.check.judge import function
from helpers.encoder.encoder import Encoder
from helpers.models.find import model_dir


def printed(generator):
    """A vector as printed, the one that an explanation gives, and how many decimals it has."""
    cases = []
    for D, decimals in [(2, 2), (2, 4), (3, 6), (4, 3), (8, 1)]:
        unit = 10.0 ** -decimals
        whole = torch.randint(-9, 10, (D,), generator=generator).double()
        inside = (torch.rand(D, generator=generator, dtype=torch.double) - 0.5) * 0.8
        rebuilt = (whole + inside) * unit            # each within 0.4 of a unit of a printed number
        shifted = whole.clone()
        shifted[-1] += 1.2 if inside[-1] < 0 else -1.2          # more than a unit off, in one place
        near = (whole + 0.7 * inside.sign()) * unit       # more than half a unit off, less than one
        cases += [(whole * unit, rebuilt, decimals), (shifted * unit, rebuilt, decimals),
                  (whole * unit, near, decimals)]
    tall = torch.tensor([0.6, 0.8], dtype=torch.double)
    return [*cases, (2 * tall, tall, 1), (tall, tall + 0.8e-6, 7),
            (torch.tensor([0.5, 0.0]), torch.tensor([0.5, 4e-3]), 2)]


def within(bound):
    """An answer with a bound of its own, which depends on the decimals or does not."""
    return lambda vector, rebuilt, decimals: bool((vector - rebuilt).abs().max() <= bound(decimals))


def cosine(vector, rebuilt):
    """The cosine of two vectors, (D,) each."""
    return torch.nn.functional.cosine_similarity(vector.double(), rebuilt.double(), dim=0)


@function(
    cases=printed,
    mistakes={
        "a high cosine is not a reproduction: length does not count in it, "
        "and a program in int8 passes that test too. Compare every number":
            lambda vector, rebuilt, decimals: bool(cosine(vector, rebuilt) > 0.999),
        "you took a fixed tolerance: how near a printed number can be depends on how many decimals "
        "were printed":
            within(lambda decimals: 1e-5),
        "you allow a whole unit of the last decimal: "
        "rounding moves a number by half of one at most":
            within(lambda decimals: 10.0 ** -decimals + 1e-6),
        "you forgot that both programs calculate with rounding of their own: "
        "add 1e-6 to half of the last decimal":
            within(lambda decimals: 0.5 * 10.0 ** -decimals),
        "np.isclose or torch.isclose, as it comes, allows a share of each number: "
        "rounding moves all by the same amount":
            lambda vector, rebuilt, decimals:
                bool(torch.isclose(vector.double(), rebuilt.double()).all()),
        "*every* number must agree, not most of them or their mean: take the largest difference":
            lambda vector, rebuilt, decimals:
                bool((vector - rebuilt).abs().mean() <= 0.5 * 10.0 ** -decimals + 1e-6),
    },
    remember="No comparison is better than the numbers it is given: "
             "rounding may hide half of the last printed decimal.",
    hints=("how far can rounding to two decimals move a number? And to `decimals` of them?",
           "the largest |vector - rebuilt| must be at most 0.5 * 10 ** -decimals + 1e-6"),
)
def explains(vector, rebuilt, decimals):
    """write explains(vector, rebuilt, decimals): True if rounding alone lies between the printed
    vector and the rebuilt.
    """
    bound = 0.5 * 0.1 ** decimals + 1e-6
    return all(abs(a - b) <= bound for a, b in zip(vector.tolist(), rebuilt.tolist(), strict=True))


@functools.cache
def _encoder(pooling, unit=None):
    """The model in use with another pooling or length; its weights are there once."""
    return Encoder(model_dir(), pooling=pooling, normalize=unit, model=_own().model)


@functools.cache
def _own():
    """The model in use, as its files say."""
    return Encoder(model_dir())


def program(prefix, pooling=None, unit=None):
    """A program that puts a prefix before a text and pools in some way: text -> (D,)."""
    return lambda text: _encoder(pooling, unit).encode([prefix + text])[0]


def texts(generator):
    """A word, then texts of chance words."""
    words = "parcel boxes goods money answer Tuesday photographs damaged missing".split()
    order = torch.randperm(len(words), generator=generator).tolist()
    chosen = [words[i] for i in order]
    return [("hello",), (" ".join(chosen[:4]),), (" ".join(chosen) + ".",)]


@function(
    cases=texts,
    mistakes={
        "the pooling is right, but this program also puts something before the text":
            program("", "max"),
        "the prefix is right, but this program also pools in another way": program("passage: "),
        "the pooling is right and there is a prefix, but another one": program("query: ", "max"),
        "the prefix is right, but it is not cls: try the other poolings together with it":
            program("passage: ", "cls"),
        "the prefix is right, but it is not the mean: try the other poolings together with it":
            program("passage: ", "mean"),
        "the prefix is right, but it is not the last token: try the other poolings":
            program("passage: ", "last"),
        "this is what the model's own files say: the seventh program does two things differently":
            program(""),
        "both are found; and its length? This program normalizes as the model's files say":
            lambda text: program("passage: ", "max", unit=not _own().normalize)(text),
    },
    remember="With two causes no single change comes close: a search must try pairs, "
             "and the proof is still every number.",
    hints=("change two knobs at once: for each prefix of C, try each pooling. "
           "Or ask diagnose(mystery, text, folder)",
           'Encoder(folder, pooling=...) is a program with another pooling; '
           'give it [prefix + text], compare with mystery'),
)
def seventh(text):
    """write seventh(text): what the program of `mystery` gives for any text, shape (D,). It does
    two things otherwise.
    """
    return program("passage: ", "max")(text)
