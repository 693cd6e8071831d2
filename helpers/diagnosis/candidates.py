"""Every known explanation of a vector, and the vector that it gives: what `diagnose` searches.

An explanation is a set of causes: at most one difference before or inside the model
(`text:lower`, `gelu:tanh`, `layer:5`), and any pooling and normalization after it, which cost
nothing once the model has run.
"""
import functools
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import normalize

from helpers.diagnosis.runs import Model, kept_model
from helpers.pooling import POOLINGS, mean_pool

OWN = (0, "")       # the model's own run: the first input, no change inside the model
MORE_PADS = 32      # pads that are tried after a text longer than the padding asked for


class Block(NamedTuple):
    """Explanations and the vectors that they give."""
    causes: list            # N tuples of causes
    vectors: np.ndarray     # (N, d) float64


@functools.lru_cache(maxsize=2)
def kept_passes(folder: str, changed: int, text: str) -> "Passes":
    """The Passes of a text, kept for its next vector. `changed`: as `last_change` says."""
    return Passes(kept_model(folder, changed), text)


class Passes:
    """What a model gives for one text in every known way; each pass is run when first asked for."""

    def __init__(self, model: Model, text: str):
        self.model = model
        self.inputs, self.same = model.tokens.inputs(text)
        self.changes = ["gelu:tanh"] * model.gelu + ["positions:unshifted"] * model.shifted
        self.others = [(n, "") for n in range(1, len(self.inputs))]     # runs: (input, change)
        self.others += [(0, change) for change in self.changes]
        self._pooled = functools.cache(self._pool)
        self.block = functools.cache(self._block)

    def _block(self, run, padding, d):
        """The Block of one run, vectors cut to `d` numbers.

        `run`: (number of the input, change). `padding`: 0, or the tokens up to which pads are
        tried that count as tokens.
        """
        number, change = run
        before = tuple(cause for cause in (self.inputs[number].cause, change) if cause)
        pooled = self._padded(run, padding) if padding else self._pooled(run)
        causes, vectors = [], [torch.empty(0, d)]
        for named, rows in pooled:
            if rows.shape[1] >= d:
                for after, finished in finish(rows, d, self.model.recipe.normalize):
                    causes += [before + row + after for row in named]
                    vectors.append(finished)
        return Block(causes, torch.cat(vectors).numpy())

    def _pool(self, run):
        """Every pooling of every layer, or of the last one: list of (causes of each row, rows)."""
        number, change = run
        ids, special = self.inputs[number].ids, self.inputs[number].special
        hidden, pooler = self.model.run(ids, change)
        pooled = pool(hidden, special, pooler, self.model.recipe.pooling)
        if run != OWN:
            pooled = {name: rows[-1:] for name, rows in pooled.items()}
        return [(layer_causes(len(rows), (f"pooling:{name}",) if name else ()), rows)
                for name, rows in pooled.items()]

    def _padded(self, run, padding):
        """Unmasked means of every layer, or of the last one: list of (causes of each row, rows)."""
        number, change = run
        ids, shifted = self.inputs[number].ids, self.model.shifted
        longest = min(self.model.positions, max(padding, len(ids) + MORE_PADS))
        hidden, _ = self.model.run(ids, change, len(ids) + 1 if shifted else longest)
        if run != OWN:
            hidden = hidden[-1:]
        means = unmasked_means(hidden, len(ids), longest, shifted)              # (L+1, n, D)
        causes = layer_causes(len(means), ("pooling:unmasked_mean",))
        return [([cause] * len(rows), rows) for cause, rows in zip(causes, means, strict=True)]


def layer_causes(count: int, pooling: tuple) -> list[tuple]:
    """The causes of vectors pooled from `count` layers, of which the last is the right one."""
    return [(f"layer:{i}", *pooling) for i in range(count - 1)] + [pooling]


def finish(rows: torch.Tensor, d: int, own: bool):
    """What follows pooling: yields (causes, vectors (n, d)) for each way to do it.

    `rows`: (n, D), normalized or not, and cut to `d` numbers after that or before it. `own`: does
    the model normalize?
    """
    cut = (f"dims:{d}",) if d < rows.shape[1] else ()
    left, unit = (("normalize:off",), ()) if own else ((), ("normalize:on",))
    yield cut + left, rows[:, :d]
    yield cut + unit, normalize(rows, dim=-1)[:, :d]
    if cut:
        yield cut + unit, normalize(rows[:, :d], dim=-1)


def pool(hidden: torch.Tensor, special: tuple, pooler: torch.Tensor | None, own: tuple) -> dict:
    """Every pooling of every layer: {name: (L+1, D) float64}; "" is the model's own.

    `hidden`: (L+1, T, D). `special`: T bools. `pooler`: (L+1, D) or None. `own`: the model's
    poolings, side by side.
    """
    everything = torch.ones(hidden.shape[:2], dtype=torch.long)                 # (L+1, T)
    pooled = {name: function(hidden, everything) for name, function in POOLINGS.items()}
    pooled = {"": torch.cat([pooled[name] for name in own], dim=-1), **pooled}
    if len(own) == 1:
        del pooled[own[0]]
    if any(special) and not all(special):
        words = everything * ~torch.tensor(special)                             # (L+1, T)
        pooled["mean_without_special"] = mean_pool(hidden, words)
    if pooler is not None:
        pooled["pooler_output"] = pooler
    return {name: vectors.double() for name, vectors in pooled.items()}


def unmasked_means(hidden: torch.Tensor, length: int, longest: int, shifted: bool) -> torch.Tensor:
    """Means over a text and 1, 2, 3 … pads, as if pads were tokens: -> (L+1, n, D) float64.

    `hidden`: (L+1, T, D) of the padded text. `length`: its tokens without pads. `shifted`: every
    pad has the same position (XLM-R), so that one of them stands for all, up to `longest` tokens.
    """
    hidden = hidden.double()
    pads = hidden[:, length:]                                                   # (L+1, n, D)
    if shifted:
        pads = pads[:, :1].expand(-1, longest - length, -1)
    totals = hidden[:, :length].sum(dim=1, keepdim=True) + pads.cumsum(dim=1)   # (L+1, n, D)
    counts = length + torch.arange(1, pads.shape[1] + 1).double()               # (n,)
    return totals / counts[:, None]
