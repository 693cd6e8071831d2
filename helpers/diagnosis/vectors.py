"""One vector out of what programs hand over: lists, arrays, servers' answers, printed numbers."""
import ast
import base64
import contextlib
import json
import re
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

FEWEST = 8          # numbers: fewer would agree with something by chance
NAMES = ("float", "embedding", "embeddings", "values", "data")      # looked under before others


def check_vector(given: ArrayLike | dict | list) -> np.ndarray:
    """The vector (d,), float64, of an array or an answer; else TypeError or ValueError says why."""
    given = given.model_dump() if hasattr(given, "model_dump") else given       # OpenAI's client
    found = vectors_in(given)
    if len(found) > 1:
        raise ValueError(f"it holds {len(found)} vectors: give the one of the text alone")
    try:
        vector = np.asarray(found[0] if found else given, dtype=np.float64).squeeze()
    except (TypeError, ValueError, OverflowError):
        raise TypeError("the vector must be a list or array of numbers, or a server's answer that "
                        "holds one") from None
    if vector.ndim != 1 or len(vector) < FEWEST:
        raise ValueError(f"one vector of at least {FEWEST} numbers is needed; "
                         f"this has the shape {vector.shape}")
    if not np.isfinite(vector).all() or not vector.any():
        raise ValueError("the vector holds NaN or infinity, or is all zeros")
    if (vector % 1 == 0).all() and (abs(vector[::2]) <= 1).all() and (vector[1::2] > 255).any():
        raise ValueError("every other number is 0 or 1, as if 0,123 were two: write 0.123")
    return vector


def vectors_in(answer: Any) -> list:
    """Every vector in an answer, whatever it is wrapped in: lists of numbers, or arrays of them.

    Of an object the longest counts, of equal ones those of NAMES. A str may be float32 numbers in
    base64, little-endian.
    """
    if isinstance(answer, str):
        with contextlib.suppress(ValueError):
            numbers = np.frombuffer(base64.b64decode(answer, validate=True), dtype="<f4")
            return [numbers] if len(numbers) >= FEWEST and np.isfinite(numbers).all() else []
    if isinstance(answer, dict):
        members = [answer[name] for name in NAMES if name in answer] + list(answer.values())
        return max(filter(None, map(vectors_in, members)), key=lambda all: len(all[0]), default=[])
    answer = answer.tolist() if hasattr(answer, "tolist") else answer       # numpy's and torch's
    if not isinstance(answer, (list, tuple)):
        return []
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        if len(answer) >= FEWEST:
            return [[float(number) for number in answer]]
    return sum(map(vectors_in, answer), [])


def read_text(text: str) -> Any:
    """What a text holds: JSON, Python, or rows of numbers as numpy, torch or a table prints them.

    Raises ValueError for what is neither, and for numbers that were left out.
    """
    for parse in json.loads, ast.literal_eval:
        with contextlib.suppress(ValueError, SyntaxError, RecursionError):
            return parse(text)
    if "..." in text or "…" in text:
        raise ValueError("it was printed with '...' for most of its numbers: print vector.tolist()")
    text = re.sub(r"[A-Za-z_][\w.]*\(|\w+=\S+", " ", text)    # np.float32(…), array(…, dtype=…)
    if "." not in text and not re.search(r",[^\s;]*,", text):           # decimal commas
        text = text.replace(",", ".")
    rows = [re.findall(r"[^\s,;()]+", row) for row in re.split(r"[][]+", text)]
    return [[float(word) for word in row] for row in rows if row]
