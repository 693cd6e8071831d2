"""Every known explanation of a vector, and the vector that it gives: what `diagnose` searches.

An explanation is a set of causes: at most one difference before or inside the model (`text:lower`, `gelu:tanh`,
`layer:5`), and any pooling and normalization after it, which cost nothing once the model has run.
"""
import functools
from typing import NamedTuple

import numpy as np

from helpers.diagnosis.runs import load, pool, to_length_one, unmasked_means

MORE_PADS = 32      # pads that are tried after a text that is longer than the padding asked for


class Block(NamedTuple):
    """Explanations and the vectors that they give: N tuples of causes, (N, d) float64."""
    causes: list
    vectors: np.ndarray


@functools.lru_cache(maxsize=2)
def prepare(folder, stamp, text):
    """The Passes for a text, kept for the next vector of the same text. `stamp`: when the folder last changed."""
    return Passes(load(folder, stamp), text)


class Passes:
    """What a model gives for one text in every known way. A pass of the model is run once, when first asked for."""

    def __init__(self, model, text):
        self.model = model
        self.inputs, self.same = model.tokens.inputs(text)
        self.changes = ["gelu:tanh"] * model.gelu + ["positions:unshifted"] * model.shifted
        self._hidden = functools.cache(self._run)
        self.block = functools.cache(self._block)

    def others(self):
        """Every (input, change) with one difference."""
        return [(n, "") for n in range(1, len(self.inputs))] + [(0, change) for change in self.changes]

    def _run(self, number, change):
        ids, special = self.inputs[number].ids, self.inputs[number].special
        hidden, pooler = self.model.run(ids, change)
        pooled = pool(hidden, special, pooler, self.model.recipe.pooling)
        return pooled if (number, change) == (0, "") else {name: rows[-1:] for name, rows in pooled.items()}

    def _block(self, number, change, padding, d):
        """The Block of one pass, cut to `d` numbers. `padding`: 0, or the tokens up to which pads count as tokens."""
        cause = tuple(c for c in (self.inputs[number].cause, change) if c)
        if padding:
            pooled = self._padded(number, change, padding)
        else:
            pooled = [((), name, rows) for name, rows in self._hidden(number, change).items()]
        parts = [self._variants(cause + layer, name, rows, d) for layer, name, rows in pooled if rows.shape[1] >= d]
        return Block([c for part in parts for c in part.causes], np.concatenate([part.vectors for part in parts]))

    def _padded(self, number, change, padding):
        """Unmasked means of every layer (of the last one, for other inputs): -> list of (layer's cause, name, rows)."""
        ids = self.inputs[number].ids
        longest = min(self.model.positions, max(padding, len(ids) + MORE_PADS))
        hidden = self.model.run(ids, change, len(ids) + 1 if self.model.shifted else longest)[0]
        means = unmasked_means(hidden, len(ids), self.model.shifted, longest)                   # (n, L+1, D)
        last = means.shape[1] - 1
        layers = range(last + 1) if (number, change) == (0, "") else [last]
        return [((f"layer:{i}",) * (i != last), "unmasked_mean", means[:, i]) for i in layers]

    def _variants(self, before, pooling, rows, d):
        """One pooling's vectors (n, D), with and without normalization, cut to d numbers after it or before it."""
        last = len(rows) - 1
        layered = pooling != "unmasked_mean"
        pooling = (f"pooling:{pooling}",) if pooling else ()
        after = pooling + ((f"dims:{d}",) if d < rows.shape[1] else ())
        named = [before + ((f"layer:{i}",) if layered and i != last else ()) + after for i in range(len(rows))]
        own = self.model.recipe.normalize
        raw, unit = [c + ("normalize:off",) * own for c in named], [c + ("normalize:on",) * (not own) for c in named]
        vectors = [rows[:, :d], to_length_one(rows)[:, :d]] + [to_length_one(rows[:, :d])] * (d < rows.shape[1])
        return Block(raw + unit * (len(vectors) - 1), np.concatenate(vectors))
