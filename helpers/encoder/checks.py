"""What an Encoder is given, checked: texts, sizes, devices, models. Each error says what is wrong and what would do."""
import warnings
from collections.abc import Mapping, Set
from numbers import Integral

import numpy as np
import torch

from helpers.models.folder import read_json, usable_positions


def check_sequence(texts):
    """Raise TypeError unless `texts` is a list or another collection with an order."""
    if isinstance(texts, (str, bytes, Set, Mapping)) or not hasattr(texts, "__iter__"):
        raise TypeError(f"texts must be a list of str, not {type(texts).__name__}; for one text write [text]")


def check_texts(texts, start=0):
    """The texts as a list. Raises TypeError unless they are a sequence of str, ValueError for text that is not Unicode.

    `start`: the number of the first one, for the message.
    """
    check_sequence(texts)
    if not hasattr(texts, "__len__"):
        raise TypeError(f"texts must be a list of str, not {type(texts).__name__}; encode_iter takes any iterable")
    texts = list(texts)                     # once: an object with a length may still give its texts a single time
    for i, text in enumerate(texts, start):
        if not isinstance(text, str):
            raise TypeError(f"texts[{i}] is {type(text).__name__}, not str")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError(f"texts[{i}] holds a lone surrogate at character {error.start}: "
                             "it is not valid Unicode") from None
    return texts


def check_rows_of_ids(rows, start):
    """Raise ValueError naming the text that became no tokens at all: a tokenizer without special tokens does that."""
    for i, row in enumerate(rows, start):
        if not len(row):
            raise ValueError(f"texts[{i}] has no tokens, and this model's tokenizer adds none: leave it out")


def check_length(asked, folder):
    """`asked`, a number of tokens to cut at. Raises ValueError for one that the model has no positions for."""
    limit = usable_positions(read_json(folder / "config.json"))
    if not is_whole(asked) or not 3 <= asked <= limit:
        raise ValueError(f"max_length must be a whole number from 3 to {limit} (this model's positions), not {asked!r}")
    return asked


def check_count(name, asked):
    """Raise ValueError unless `asked` is a whole number from 1 up."""
    if not is_whole(asked) or asked < 1:
        raise ValueError(f"{name} must be a whole number from 1 up, not {asked!r}")


def check_finite(vectors, start):
    """Raise ValueError naming the text whose vector holds NaN or infinity: (n, D), before normalization."""
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise ValueError(f"the model gave NaN or infinity for texts[{start + bad[0]}]: take dtype=\"float32\" and "
                         "device=\"cpu\", or its weights are damaged")


def check_loaded(model, folder):
    """Raise ValueError if a model that is handed over is training, or cannot be the one in the folder."""
    if model.training:
        raise ValueError("the model is in training mode: its vectors are random. Call model.eval() first")
    config = read_json(folder / "config.json")
    for name in ("model_type", "vocab_size", "hidden_size"):
        if getattr(model.config, name) != config.get(name):
            raise ValueError(f"the model has {name} {getattr(model.config, name)}, the one in {folder} "
                             f"{config.get(name)}: hand over the model of that folder")


def check_device(device):
    """A torch.device that is here. Raises ValueError naming the devices there are."""
    here = ["cpu"] + [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    here += ["mps"] if torch.backends.mps.is_available() else []
    if str(device) not in here + (["cuda"] if len(here) > 1 and "cuda:0" in here else []):
        raise ValueError(f"device {str(device)!r} is not on this machine; there is {', '.join(here)}")
    return torch.device(device)


def is_whole(number):
    """Is it a whole number, Python's or numpy's, and not True or False?"""
    return isinstance(number, Integral) and not isinstance(number, bool)


class Cut:
    """Counts the tokens that texts lose at `max_length`, text by text, for one warning about all of them."""

    def __init__(self, max_length):
        self.max_length, self.texts, self.cut, self.lost, self.worst = max_length, 0, 0, 0, (0, 0)

    def count(self, lost):
        """The next text lost so many tokens."""
        self.cut, self.lost = self.cut + (lost > 0), self.lost + lost
        self.worst = max(self.worst, (lost, -self.texts))           # of equal ones the first
        self.texts += 1

    def warn(self, stacklevel):
        if self.cut:
            lost, text = self.worst
            warnings.warn(f"{self.cut} of {self.texts} texts are longer than {self.max_length} tokens: "
                          f"{self.lost:,} tokens were cut off, most ({lost:,}) from text {-text}", stacklevel=stacklevel)
