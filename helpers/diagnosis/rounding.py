"""How a vector was rounded before it reached you (4 decimals, fp16, int8 …), and what that hides.

A vector that was printed with 4 decimals agrees with the right one to 0.00005 and no better, so
`diagnose` compares two vectors up to what the rounding hides, number by number.
"""
from typing import NamedTuple

import numpy as np
import torch

HALVES = {"precision:fp16": torch.float16, "precision:bf16": torch.bfloat16}
NOISE = 3e-5        # float32 in another order of operations, as a share of the largest number
CODE_SLACK = 1.05   # int8 codes: they may be rounded or cut, and the line through them is estimated


class Rounding(NamedTuple):
    """What the numbers themselves show about how they were stored."""
    kind: str               # in words: "4 decimals"
    cause: str | None       # "precision:fp16" and so on, where the storage is one of those
    slack: np.ndarray       # (D,) how far the true number may lie from the given one
    integers: bool          # int8 codes: the scale is not known


def read_rounding(vector: np.ndarray) -> Rounding:
    """The Rounding of a vector (D,): of all storages that its numbers agree with, the coarsest."""
    if (vector == np.round(vector)).all() and -128 <= vector.min() and vector.max() <= 255:
        slack = np.full(vector.shape, CODE_SLACK)
        return Rounding("integers of 8 bits", "precision:int8", slack, True)
    noise = NOISE * np.abs(vector).max()
    found = [Rounding(kind, cause, np.broadcast_to(half_step, vector.shape) + noise, False)
             for kind, cause, half_step in _storages(vector) if half_step is not None]
    return max(found, key=lambda rounding: rounding.slack.mean())


def fits(candidates: np.ndarray, vector: np.ndarray, rounding: Rounding) -> np.ndarray:
    """Which of the candidates (N, D) could have become `vector` by that rounding: (N,) bools."""
    if not rounding.integers:
        return (np.abs(candidates - vector) <= rounding.slack).all(axis=1)
    inside = (vector > vector.min()) & (vector < vector.max())      # the others may have been cut
    if inside.sum() <= 2:                                           # one bit a number: too little
        return np.zeros(len(candidates), dtype=bool)
    slope, constant = line(candidates, vector, inside)              # (N, 1) each
    off = np.abs(slope * candidates + constant - vector)            # (N, D)
    return (off <= rounding.slack)[:, inside].all(axis=1) & (slope[:, 0] > 0)


def line(candidates: np.ndarray, vector: np.ndarray, inside=slice(None)):
    """The slope and constant that take each candidate nearest to `vector`: (N, 1), (N, 1)."""
    x, y = candidates[:, inside], vector[inside]
    mean = x.mean(axis=1, keepdims=True)                            # (N, 1)
    slope = ((x - mean) * (y - y.mean())).sum(axis=1, keepdims=True)
    slope = slope / np.maximum(((x - mean) ** 2).sum(axis=1, keepdims=True), 1e-30)
    return slope, y.mean() - slope * mean


def distances(candidates: np.ndarray, vector: np.ndarray, rounding: Rounding):
    """How far each candidate (N, D) is from `vector`: max |Δ| (N,), cosine (N,).

    Integer codes are first brought to the scale of the candidate.
    """
    given = np.broadcast_to(vector, candidates.shape)
    if rounding.integers:
        slope, constant = line(candidates, vector)
        given = (vector - constant) / np.where(slope == 0, 1, slope)            # (N, D)
    lengths = np.linalg.norm(candidates, axis=1) * np.linalg.norm(given, axis=1)
    cosines = (candidates * given).sum(axis=1) / np.maximum(lengths, 1e-30)
    return np.abs(candidates - given).max(axis=1), cosines


def store(vector: np.ndarray, half: str) -> np.ndarray:
    """`vector` (D,) as the 16 bits of a key of HALVES keep it, back in float64."""
    return torch.tensor(vector).to(HALVES[half]).double().numpy()


def _storages(vector):
    """(kind, cause, half a step, or None if the numbers do not lie on such steps) of each."""
    yield "full precision", None, 0.0
    fp16, bf16 = ((store(vector, half) == vector).all() for half in HALVES)
    yield "bf16 numbers", "precision:bf16", 2.0 ** (_power(vector, 2) - 8) if bf16 else None
    yield "fp16 numbers", "precision:fp16", (
        np.spacing(np.abs(vector).astype(np.float16)) / 2 if fp16 else None)
    for digits in range(1, 6):
        yield f"{digits} decimals", None, _half_step(vector, 10.0 ** -digits)
    yield "steps of int8", "precision:int8", _int8_half_step(vector)
    for digits in range(2, 6):
        step = 10.0 ** (_power(vector, 10) - digits + 1)
        yield f"{digits} significant digits", None, _half_step(vector, step)


def _half_step(vector, step):
    """Half of `step` (one, or one a number) if every number is a multiple of it, else None."""
    off = np.abs(vector / step - np.round(vector / step))
    return step / 2 if (off < 0.01).all() else None


def _int8_half_step(vector):
    """Half of the step if all lie on at most 255 equal ones: int8 codes multiplied back."""
    gaps = np.diff(np.unique(vector.astype(np.float32)).astype(np.float64))
    gaps = gaps[gaps > 1e-6 * np.abs(vector).max()]
    for parts in (1, 2, 3):
        if len(gaps) and np.abs(vector).max() < 128.5 * gaps.min() / parts:
            codes = np.round(vector * parts / gaps.min())
            half = _half_step(vector, (vector @ codes) / (codes @ codes))   # by least squares
            if half is not None:
                return half
    return None


def _power(vector, base):
    """The power of `base` just below each number's size."""
    return np.floor(np.log(np.maximum(np.abs(vector), 1e-12)) / np.log(base) + 1e-12)
