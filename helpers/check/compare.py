"""Compares what a learner's function gave with what is wanted, and says both in a few words."""
from dataclasses import dataclass

import numpy as np
import torch

MANY = 24                   # numbers of a tensor that are still written out


@dataclass
class Raised:
    """An exception that a function ended in."""
    kind: type
    message: str


def alike(a, b, atol):
    """Are two results the same? Numbers of one shape within `atol`; all else is equal.

    Of exceptions: `a` is of the kind of `b`, and says something if `b` does.
    """
    if isinstance(a, Raised) and isinstance(b, Raised):
        says_enough = a.message or not b.message
        return issubclass(a.kind, b.kind) and bool(says_enough)
    if isinstance(a, Raised) or isinstance(b, Raised):
        return False
    one, two = numbers(a), numbers(b)
    if one is not None and two is not None:
        if one.shape != two.shape:
            return False
        return torch.allclose(one, two, rtol=0, atol=atol, equal_nan=True)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key], atol) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(alike(x, y, atol) for x, y in zip(a, b, strict=True))
    return (one is None) == (two is None) and (a is b or bool(a == b))


def numbers(value):
    """A float64 tensor of anything made of numbers, else None."""
    if torch.is_tensor(value):
        return value.detach().cpu().double()
    if isinstance(value, (str, bytes, dict, set)) or callable(value):
        return None
    if value is None or value is ...:
        return None
    if isinstance(value, (list, tuple)) and any(map(torch.is_tensor, value)):
        parts = [numbers(part) for part in value]
        alike_parts = all(part is not None and part.shape == parts[0].shape for part in parts)
        return torch.stack(parts) if alike_parts else None
    try:
        array = np.asarray(value)
    except ValueError:                                          # lists of different lengths
        return None
    return torch.from_numpy(array.astype(np.float64)) if array.dtype.kind in "biuf" else None


def difference(got, wanted):
    """In a few words: how `got` differs from `wanted`."""
    if isinstance(got, Raised):
        return f"your code stops with {got.kind.__name__}: {got.message}"
    if isinstance(wanted, Raised):
        return f"this must raise {wanted.kind.__name__}"
    one, two = numbers(got), numbers(wanted)
    if two is None:
        return "this is not it" if one is None else f"wanted is {_kind(wanted)}, not numbers"
    if one is None:
        return f"wanted are numbers of the shape {tuple(two.shape)}, not {_kind(got)}"
    if one.shape != two.shape:
        return f"the shape is {tuple(one.shape)}, wanted is {tuple(two.shape)}"
    if not one.isfinite().all() and two.isfinite().all():
        return "the result holds NaN or infinity"
    return "the numbers are not right"


def _kind(value):
    """What a value is, in words."""
    words = {str: "a str", list: "a list", bool: "True or False", type(...): "…", dict: "a dict"}
    return words.get(type(value), type(value).__name__)


def shown(value):
    """A value in a line: numbers to three decimals, large tensors by their shape, texts cut."""
    if isinstance(value, Raised):
        return f"{value.kind.__name__}: {value.message}"
    if isinstance(value, torch.Tensor | np.ndarray):
        if value.size != 0 and numbers(value).numel() > MANY:
            first = numbers(value).flatten()[:4]
            return f"shape {tuple(value.shape)}, first numbers {shown(first)}"
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) < 1e6 else f"{value:g}"
    return repr(value) if len(repr(value)) <= 80 else repr(value)[:77] + "…"
