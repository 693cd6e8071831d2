"""What an Encoder is given, checked. Each error says what is wrong and what would do."""
import re
import warnings
from collections import Counter
from collections.abc import Mapping, Set
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import torch

from helpers.pooling import POOLINGS

CHOICES = {"pooling": [None, *POOLINGS], "normalize": [True, False, None],
           "dtype": ["float32", "float16", "bfloat16"]}


def check_settings(**settings: Any) -> None:
    """Raise ValueError naming the choices unless each of these settings is among its own."""
    for name, setting in settings.items():
        if setting not in CHOICES[name]:
            listed = ", ".join(map(str, CHOICES[name]))
            raise ValueError(f"{name} must be one of {listed}, not {setting!r}")


def check_sequence(texts: Any) -> None:
    """Raise TypeError unless `texts` is a list or another collection with an order."""
    if isinstance(texts, str | bytes | Set | Mapping) or not hasattr(texts, "__iter__"):
        raise TypeError(f"texts must be a list of str, not {type(texts).__name__}; for one text "
                        "write [text]")


def check_texts(texts: Any, start: int = 0) -> list[str]:
    """The texts, str of valid Unicode, as a list; `start`: the first one's number in an error."""
    check_sequence(texts)
    if not hasattr(texts, "__len__"):
        raise TypeError(f"texts must be a list, not {type(texts).__name__}; encode_iter takes any "
                        "iterable")
    texts = list(texts)             # once: an object with a length may give its texts a single time
    for i, text in enumerate(texts, start):
        if not isinstance(text, str):
            raise TypeError(f"texts[{i}] is {type(text).__name__}, not str")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError(f"texts[{i}] holds a lone surrogate at character {error.start}: it is "
                             "not valid Unicode") from None
    return texts


def check_whole(name: str, asked: Any, least: int = 1, most: int | None = None) -> None:
    """Raise ValueError unless `asked` is a whole number, Python's or numpy's, in the limits."""
    if (not isinstance(asked, Integral) or isinstance(asked, bool) or asked < least
            or most is not None and asked > most):
        limits = f"{least} up" if most is None else f"{least} to {most} (this model's positions)"
        raise ValueError(f"{name} must be a whole number from {limits}, not {asked!r}")


def check_finite(vectors: np.ndarray, start: int) -> None:
    """Raise ValueError naming the first text whose vector (n, D) holds NaN or infinity."""
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise ValueError(f"the model gave NaN or infinity for texts[{start + bad[0]}]: take "
                         'dtype="float32" and device="cpu", or its weights are damaged')


def check_loaded(model: Any, said: Any, folder: Path) -> None:
    """Raise ValueError for a model handed over that is training, or not as the folder's config."""
    if model.training:
        raise ValueError("the model is in training mode, which is random: call model.eval() first")
    for name in ("model_type", "vocab_size", "hidden_size"):
        one, other = getattr(model.config, name, None), getattr(said, name, None)
        if one != other:
            raise ValueError(f"the model has {name} {one}, the one in {folder} {other}: hand over "
                             "the model of that folder")


def check_device(device: Any) -> torch.device:
    """A device that is on this machine. Raises ValueError naming the devices there are."""
    here = ["cpu", "mps"] if torch.backends.mps.is_available() else ["cpu"]
    if count := torch.cuda.device_count():
        here += ["cuda", *(f"cuda:{i}" for i in range(count))]
    named = re.sub(r"^(cpu|mps):0$", r"\1", str(device))        # as model.device prints it
    if named not in here:
        raise ValueError(f"device {str(device)!r} is not on this machine; there is "
                         + ", ".join(here))
    return torch.device(named)


def warn_of_cut(lost: Counter, max_length: int) -> None:
    """Warn, where the caller was called, if texts lost tokens: {tokens lost: how many texts}."""
    if most := max(lost, default=0):
        texts, tokens = lost.total(), sum(size * count for size, count in lost.items())
        warnings.warn(
            f"{texts - lost[0]:,} of {texts:,} texts are longer than {max_length} tokens: "
            f"{tokens:,} tokens were cut off, up to {most:,} from one text", stacklevel=3)
