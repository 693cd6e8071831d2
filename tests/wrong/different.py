"""Wrong answers that people give in notebook 09, and the words that name the mistake."""
import functools

import numpy as np
import torch

from helpers import Encoder, model_dir


@functools.cache
def encoder(pooling=None):
    return Encoder(model_dir(), pooling=pooling)


def by_cosine(vector, rebuilt, decimals):
    a, b = vector.double(), rebuilt.double()
    return (a @ b / a.norm() / b.norm()).item() > 0.999


def by_numpy(vector, rebuilt, decimals):
    return bool(np.isclose(vector.double(), rebuilt.double()).all())


WRONG = {
    "explains": [
        (by_cosine, "high cosine"),
        (lambda vector, rebuilt, decimals: max(abs(vector - rebuilt)) < 1e-5, "fixed tolerance"),
        (lambda vector, rebuilt, decimals:
            bool((abs(vector - rebuilt) < 10 ** -decimals + 1e-6).all()), "a whole unit"),
        (lambda vector, rebuilt, decimals:
            max(abs(vector - rebuilt)) <= 10 ** -decimals / 2, "rounding of their own"),
        (by_numpy, "a share of each number"),
    ],
    "seventh": [
        (lambda text: encoder("max").encode([text])[0], "before the text"),
        (lambda text: encoder().encode(["passage: " + text])[0], "pools in another way"),
        (lambda text: encoder("max").encode([f"query: {text}"])[0], "another one"),
        (lambda text: encoder("last").encode(["passage: " + text])[0].tolist(),
         "not the last token"),
        (lambda text: torch.tensor(encoder().encode([text])[0]), "own files say"),
    ],
}


def more(generator):
    """Bounds tried from both sides, from no decimal to eight."""
    cases = []
    for decimals in range(9):
        for share in (0.3, 0.49, 0.51, 0.99, 1.01):
            vector = torch.randn(3, generator=generator).double()
            off = torch.tensor([0.0, share * 10.0 ** -decimals, 0.0])
            cases.append((vector, vector + off, decimals))
    return [*cases, (torch.tensor([1.0, 0.0]), torch.tensor([1.0, 2e-6]), 9)]


WIDE = {"explains": more,
        "seventh": lambda generator: [("",), ("A sentence that is longer than the others.",)]}
