"""How a vector was rounded before it reached you: 4 decimals, fp16, int8 … and which values could stand behind it.

`diagnose` needs it: a vector that was printed with 4 decimals agrees with the right one to 0.00005 and no better, so
two vectors are compared "up to what the rounding hides", number by number.
"""
from typing import NamedTuple

import numpy as np

NOISE = 3e-5        # float32 in another order of operations, as a share of the vector's largest number
CODE_SLACK = 1.05   # of one int8 code: codes may be rounded or cut, and the straight line through them is estimated


class Rounding(NamedTuple):
    """What the numbers themselves show about how they were stored."""
    kind: str               # in words: "4 decimals"
    cause: str | None       # "precision:fp16" and so on, where the storage is one of those
    slack: np.ndarray       # (D,) how far the true number may lie from the given one
    integers: bool          # int8 codes: the scale is not known


def read_rounding(vector):
    """The Rounding of a float64 vector (D,): of all storages that its numbers agree with, the coarsest."""
    if (vector == np.round(vector)).all() and -128 <= vector.min() and vector.max() <= 255:
        return Rounding("integers of 8 bits", "precision:int8", np.full(vector.shape, CODE_SLACK), True)
    noise = NOISE * np.abs(vector).max()
    found = [Rounding(kind, cause, np.broadcast_to(half_step, vector.shape) + noise, False)
             for kind, cause, half_step in _storages(vector) if half_step is not None]
    return max(found, key=lambda rounding: rounding.slack.mean())


def fits(candidates, vector, rounding):
    """Which rows of `candidates` (N, D) could have become `vector` (D,) by that rounding: -> (N,) bool."""
    if not rounding.integers:
        return (np.abs(candidates - vector) <= rounding.slack).all(axis=1)
    inside = (vector > vector.min()) & (vector < vector.max())      # codes at the ends may have been cut
    if inside.sum() <= 2:                                           # one bit per number tells too little
        return np.zeros(len(candidates), dtype=bool)
    slope, constant = line(candidates, vector, inside)              # (N, 1), (N, 1)
    off = np.abs(slope * candidates + constant - vector)            # (N, D)
    return (off <= rounding.slack)[:, inside].all(axis=1) & (slope[:, 0] > 0)


def line(candidates, vector, inside=slice(None)):
    """The slope and constant that take each row of `candidates` (N, D) nearest to `vector`: -> (N, 1), (N, 1)."""
    x, y = candidates[:, inside], vector[inside]
    mean = x.mean(axis=1, keepdims=True)                            # (N, 1)
    slope = ((x - mean) * (y - y.mean())).sum(axis=1, keepdims=True)
    slope = slope / np.maximum(((x - mean) ** 2).sum(axis=1, keepdims=True), 1e-30)
    return slope, y.mean() - slope * mean


def distances(candidates, vector, rounding):
    """How far each row of `candidates` (N, D) is from `vector`: -> max |Δ| (N,), cosine (N,).

    Integer codes are first brought to the scale of the row.
    """
    given = np.broadcast_to(vector, candidates.shape)
    if rounding.integers:
        slope, constant = line(candidates, vector)
        given = (vector - constant) / np.where(slope == 0, 1, slope)            # (N, D)
    lengths = np.linalg.norm(candidates, axis=1) * np.linalg.norm(given, axis=1)
    return np.abs(candidates - given).max(axis=1), (candidates * given).sum(axis=1) / np.maximum(lengths, 1e-30)


def store(vector, cause):
    """`vector` (D,) as fp16, bf16 or int8 would keep it, back in float64."""
    if cause == "precision:int8":
        step = np.abs(vector).max() / 127
        return np.round(vector / step) * step
    if cause == "precision:fp16":
        return vector.astype(np.float16).astype(np.float64)
    bits = vector.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).view(np.float32).astype(np.float64)


def _storages(vector):
    """(kind, cause, half a step or None if the numbers do not lie on such steps) of each storage that is known."""
    yield "full precision", None, 0.0
    with np.errstate(over="ignore"):
        bf16, fp16 = ((store(vector, f"precision:{name}") == vector).all() for name in ("bf16", "fp16"))
        yield "bf16 numbers", "precision:bf16", 2.0 ** (_power(vector, 2) - 8) if bf16 else None
        yield "fp16 numbers", "precision:fp16", np.spacing(np.abs(vector).astype(np.float16)) / 2 if fp16 else None
    for digits in range(1, 6):
        yield f"{digits} decimals", None, _on_steps(vector, 10.0 ** -digits)
    yield "steps of int8", "precision:int8", _int8_steps(vector)
    for digits in range(2, 6):
        yield f"{digits} significant digits", None, _on_steps(vector, 10.0 ** (_power(vector, 10) - digits + 1))


def _on_steps(vector, step):
    """Half of `step` (one, or one per number) if every number is a multiple of it, else None."""
    off = np.abs(vector / step - np.round(vector / step))
    return step / 2 if (off < 0.01).all() else None


def _int8_steps(vector):
    """Half of the step if the numbers are at most 255 equal steps wide: int8 codes multiplied back, else None."""
    gaps = np.diff(np.unique(vector.astype(np.float32)).astype(np.float64))
    gaps = gaps[gaps > 1e-6 * np.abs(vector).max()]
    for parts in (1, 2, 3):
        if len(gaps) and np.abs(vector).max() < 128.5 * gaps.min() / parts:
            codes = np.round(vector * parts / gaps.min())
            half = _on_steps(vector, (vector @ codes) / (codes @ codes))        # the step, by least squares
            if half is not None:
                return half
    return None


def _power(vector, base):
    """The power of `base` just below each number's size."""
    return np.floor(np.log(np.maximum(np.abs(vector), 1e-12)) / np.log(base) + 1e-12)
