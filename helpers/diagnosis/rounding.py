"""How a vector was rounded before it reached you (4 decimals, fp16, int8 …), and what that hides.

A vector that was printed with 4 decimals agrees with the right one to 0.00005 and no better, so
`diagnose` compares two vectors up to what the rounding hides, number by number.
"""
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import cosine_similarity

HALVES = {"precision:fp16": torch.float16, "precision:bf16": torch.bfloat16}
NOISE = 3e-5        # float32 in another order of operations, as a share of the largest number
CODE_SLACK = 1.05   # int8 codes: they may be rounded or cut, and the line through them is estimated


class Rounding(NamedTuple):
    """What the numbers themselves show about how they were stored."""
    kind: str               # in words: "4 decimals"
    cause: str | None       # "precision:fp16" and so on, where the storage is one of those
    slack: np.ndarray       # (D,) how far the true number may lie from the given one
    integers: bool = False  # int8 codes: the scale is not known


def read_rounding(vector: np.ndarray) -> Rounding:
    """The Rounding of a vector (D,): of all storages that its numbers agree with, the coarsest."""
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
    inside = (vector > vector.min()) & (vector < vector.max())      # the others may have been cut
    if inside.sum() <= 2:                                           # one bit a number: too little
        return np.zeros(len(candidates), dtype=bool)
    candidates, codes = candidates[:, inside], vector[inside]
    scale, constant = line(codes, candidates)                       # (N, 1) each
    off = np.abs(scale * codes + constant - candidates)             # (N, inside)
    return (off <= CODE_SLACK * scale).all(axis=1)                  # a scale is positive


def line(codes: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """The scale and constant that take codes (D,) nearest to each candidate (N, D): (2, N, 1)."""
    columns = np.stack([codes, np.ones(len(codes))], axis=1)        # (D, 2)
    return np.linalg.lstsq(columns, candidates.T, rcond=None)[0][:, :, None]


def distances(candidates: np.ndarray, vector: np.ndarray, rounding: Rounding):
    """How far each candidate (N, D) is from `vector`: max |Δ| (N,), cosine (N,).

    Integer codes are first brought to the scale of the candidate.
    """
    given = vector[None]                                                        # (1, D)
    if rounding.integers:
        scale, constant = line(vector, candidates)
        given = scale * vector + constant                                       # (N, D)
    cosines = cosine_similarity(torch.tensor(candidates), torch.tensor(given), eps=1e-30)
    return np.abs(candidates - given).max(axis=1), cosines.numpy()
