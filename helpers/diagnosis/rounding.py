"""How a vector was rounded before it reached you (4 decimals, fp16, int8 …), and what that hides.

A vector that was printed with 4 decimals agrees with the right one to 0.00005 and no better, so
`diagnose` compares two vectors up to what the rounding hides, number by number.
"""
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import cosine_similarity

BITS = "precision:bits"
HALVES = {"precision:fp16": torch.float16, "precision:bf16": torch.bfloat16}
NOISE = 3e-5        # float32 in another order of operations, as a share of the largest number
FEWEST_BITS = 64    # fewer would agree with something by chance
CODE_SLACK = 1.05   # int8 codes: they may be rounded or cut, and the line through them is estimated


class Rounding(NamedTuple):
    """What the numbers themselves show about how they were stored."""
    kind: str               # in words: "4 decimals"
    cause: str | None       # "precision:fp16" and so on, where the storage is one of those
    slack: np.ndarray       # (D,) how far the true number may lie from the given one
    integers: bool = False  # int8 codes: the scale is not known


def read_rounding(vector: np.ndarray) -> Rounding:
    """The Rounding of a vector (D,): of all storages that its numbers agree with, the coarsest."""
    values = np.unique(vector)
    if len(values) == 2 and values[0] <= 0 < values[1] and len(vector) >= FEWEST_BITS:
        slack = np.ones(vector.shape)
        return Rounding("one bit for each number", BITS, slack, integers=True)
    if (vector == np.round(vector)).all() and -128 <= vector.min() and vector.max() <= 255:
        slack = np.full(vector.shape, CODE_SLACK)
        return Rounding("integers of 8 bits", "precision:int8", slack, integers=True)
    noise = np.full(vector.shape, NOISE * np.abs(vector).max())
    found = [Rounding("full precision", None, noise)]
    for kind, cause, step in _steps(vector):
        off = np.abs(vector - step * np.round(vector / step))       # from a multiple of the step
        if (off <= np.minimum(0.01 * step, 2e-6 * np.abs(vector).max())).all():
            found.append(Rounding(kind, cause, step / 2 + noise))
    return max(found, key=lambda rounding: rounding.slack.mean())


def readings(vector: np.ndarray, size: int) -> list[np.ndarray]:
    """What numbers may stand for: themselves; the 8 bits of each, if the model has so many."""
    codes = vector + 128 * (vector.min() < 0)
    if len(vector) * 8 > size or not np.isin(codes, range(256)).all():
        return [vector]
    return [vector, np.unpackbits(codes.astype(np.uint8)).astype(np.float64)]


def _steps(vector):
    """(kind, cause, step) of storages that keep multiples of a step: one, or one of each number."""
    for half, dtype in HALVES.items():
        size = np.maximum(np.abs(vector), torch.finfo(dtype).tiny)
        yield f"{half[-4:]} numbers", half, torch.finfo(dtype).eps * 2 ** np.floor(np.log2(size))
    for digits in range(1, 6):
        yield f"{digits} decimals", None, 10.0 ** -digits
    gaps = np.diff(np.unique(vector.astype(np.float32)).astype(np.float64))
    gaps = gaps[gaps > 1e-6 * np.abs(vector).max()]
    for parts in (1, 2, 3) if len(gaps) else ():        # of the smallest gap between two int8 codes
        codes = np.round(vector * parts / gaps.min())
        if 0 < np.abs(codes).max() <= 128:
            yield "steps of int8", "precision:int8", (vector @ codes) / (codes @ codes)
    powers = np.floor(np.log10(np.maximum(np.abs(vector), 1e-12)))
    for digits in range(2, 6):
        yield f"{digits} significant digits", None, 10.0 ** (powers - digits + 1)


def fits(candidates: np.ndarray, vector: np.ndarray, rounding: Rounding) -> np.ndarray:
    """Which of the candidates (N, D) could have become `vector` by that rounding: (N,) bools."""
    if not rounding.integers:
        return (np.abs(candidates - vector) <= rounding.slack).all(axis=1)
    if rounding.cause == BITS:
        small = NOISE * np.abs(candidates).max(axis=1, keepdims=True)               # (N, 1)
        return (((candidates > 0) == (vector > 0)) | (np.abs(candidates) < small)).all(axis=1)
    inside = (vector > vector.min()) & (vector < vector.max())      # the others may have been cut
    if inside.sum() <= 2:                                           # one bit a number: too little
        return np.zeros(len(candidates), dtype=bool)
    candidates, codes = candidates[:, inside], vector[inside]
    slope, constant = line(candidates, codes)                       # (N, 1) each
    off = np.abs(slope * candidates + constant - codes)             # (N, inside)
    return (off <= CODE_SLACK).all(axis=1) & (slope[:, 0] > 0)


def line(candidates: np.ndarray, vector: np.ndarray):
    """The slope and constant that take each candidate nearest to `vector`: (N, 1), (N, 1)."""
    mean = candidates.mean(axis=1, keepdims=True)                   # (N, 1)
    x, y = candidates - mean, vector - vector.mean()
    slope = (x * y).sum(axis=1, keepdims=True)
    slope = slope / np.maximum((x ** 2).sum(axis=1, keepdims=True), 1e-30)
    return slope, vector.mean() - slope * mean


def distances(candidates: np.ndarray, vector: np.ndarray, rounding: Rounding):
    """How far each candidate (N, D) is from `vector`: max |Δ| (N,), cosine (N,).

    Integer codes are first brought to the scale of the candidate.
    """
    given = vector[None]                                                        # (1, D)
    if rounding.integers:
        slope, constant = line(candidates, vector)
        given = (vector - constant) / np.where(slope == 0, 1, slope)            # (N, D)
    cosines = cosine_similarity(torch.tensor(candidates), torch.tensor(given), eps=1e-30)
    return np.abs(candidates - given).max(axis=1), cosines.numpy()
