"""Every known explanation of a vector, and the vector that it gives: what `diagnose` searches.

An explanation is a set of causes: at most one difference before or inside the model (`text:lower`,
`layer:5`), and any pooling and normalization after it, which cost nothing once the model has run.
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

    def pick(self, chosen: np.ndarray) -> list[tuple]:
        """(causes, vector (d,)) where `chosen`, (N,) bools, is true."""
        return [(self.causes[i], self.vectors[i]) for i in np.flatnonzero(chosen)]


@functools.lru_cache(maxsize=2)
def kept_passes(folder: str, changed: int, text: str) -> "Passes":
    """The Passes of a text, kept for its next vector. `changed`: as `last_change` says."""
    return Passes(kept_model(folder, changed), text)


class Passes:
    """What a model gives for one text in every known way; each pass is run when first asked for."""

    def __init__(self, model: Model, text: str):
        self.model = model
        self.inputs, self.same = model.tokens.inputs(text)
        possible = {"gelu:tanh": model.gelu, "positions:unshifted": model.shifted}
        self.changes = [change for change, can_be in possible.items() if can_be]
        self.others = [(n, "") for n in range(1, len(self.inputs))]     # runs: (input, change)
        self.others += [(0, change) for change in self.changes]
        self._pooled = functools.cache(self._pool)
        self.block = functools.cache(self._block)

    def _block(self, run, padding, d):
        """The Block of a run (number of the input, change), its vectors cut to `d` numbers.

        `padding`: 0, or the tokens up to which pads are tried that count as tokens.
        """
        number, change = run
        before = tuple(cause for cause in (self.inputs[number].cause, change) if cause)
        causes, vectors = [], [torch.empty(0, d)]
        for pooling, rows in self._padded(run, padding) if padding else self._pooled(run):
            for after, finished in self._finish(rows, d):
                causes += [before + cause + after for cause in pooling]
                vectors.append(finished)
        return Block(causes, torch.cat(vectors).numpy())

    def _pool(self, run):
        """Every pooling of every layer: list of (causes of each row, rows (L+1, D) float64)."""
        number, change = run
        hidden, pooler = self.model.run(self.inputs[number].ids, change)            # (L+1, T, D)
        mask = torch.ones(hidden.shape[:2], dtype=torch.long)                       # (L+1, T)
        pooled = {name: function(hidden, mask) for name, function in POOLINGS.items()}
        own = self.model.recipe.pooling
        pooled = {"": torch.cat([pooled[name] for name in own], dim=-1), **pooled}
        if len(own) == 1:
            del pooled[own[0]]
        special = torch.tensor(self.inputs[number].special)                         # (T,)
        if special.any() and not special.all():
            pooled["mean_without_special"] = mean_pool(hidden, mask * ~special)
        if pooler is not None:
            pooled["pooler_output"] = pooler
        return [layers(run, rows.double(), name) for name, rows in pooled.items()]

    def _padded(self, run, padding):
        """Means over the text and 1, 2, 3 … pads, as if they were tokens: as `_pool`, by layers.

        Where every pad has the same position (XLM-R), one pad stands for all of them.
        """
        number, change = run
        ids, shifted = self.inputs[number].ids, self.model.shifted
        longest = min(self.model.positions, max(padding, len(ids) + MORE_PADS))
        hidden, _ = self.model.run(ids, change, len(ids) + 1 if shifted else longest)
        hidden = hidden if run == OWN else hidden[-1:]                              # (L+1, T, D)
        text, pads = hidden.double().split([len(ids), hidden.shape[1] - len(ids)], dim=1)
        if shifted:
            pads = pads.expand(-1, longest - len(ids), -1)                          # (L+1, n, D)
        counts = len(ids) + torch.arange(1, pads.shape[1] + 1)[:, None]             # (n, 1)
        means = (text.sum(dim=1, keepdim=True) + pads.cumsum(dim=1)) / counts       # (L+1, n, D)
        causes, means = layers(run, means, "unmasked_mean")
        return [([cause] * len(rows), rows) for cause, rows in zip(causes, means, strict=True)]

    def _finish(self, rows, d):
        """What follows pooling: yields (causes, vectors (n, d)) for each way, of rows (n, D).

        They are normalized or not, and cut to `d` numbers after that or before it.
        """
        if d > rows.shape[1]:
            return
        cut = (f"dims:{d}",) if d < rows.shape[1] else ()
        as_it_is, unit = (), ("normalize:on",)
        if self.model.recipe.normalize:
            as_it_is, unit = ("normalize:off",), ()
        yield cut + as_it_is, rows[:, :d]
        yield cut + unit, normalize(rows, dim=-1)[:, :d]
        if cut:
            yield cut + unit, normalize(rows[:, :d], dim=-1)


def layers(run: tuple, pooled: torch.Tensor, name: str) -> tuple[list, torch.Tensor]:
    """The causes of each layer's row, and the rows; of other runs than the own, the last layer."""
    pooling = (f"pooling:{name}",) if name else ()
    if run != OWN:
        return [pooling], pooled[-1:]
    return [(f"layer:{i}", *pooling) for i in range(len(pooled) - 1)] + [pooling], pooled
