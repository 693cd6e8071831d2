"""The vectors that a model gives for one text in every known way: what `diagnose` searches.

An explanation is a set of causes: at most one difference before or inside the model (`text:lower`,
`layer:5`), and any pooling and normalization after it, which cost nothing once the model has run.
"""
import contextlib
import functools
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import layer_norm, normalize

from helpers.diagnosis.catalogue import Tokens
from helpers.diagnosis.model import Model
from helpers.models.files import ModelFolderError

OWN = (0, "")       # the model's own run: the first input, no change inside the model
MORE_PADS = 32      # pads that are tried after a text longer than the padding asked for
PADDED = (32, 64, 128, 256, 512)    # tokens to which programs pad
LONG = 1024         # tokens: of a longer text fewer ways are tried, since each pass takes seconds


class Block(NamedTuple):
    """Explanations and the vectors that they give."""
    causes: list            # N tuples of causes
    vectors: np.ndarray     # (N, d) float64


class Passes:
    """What a model gives for one text in every known way; each pass is run when first asked for."""

    def __init__(self, model: Model, tokens: Tokens, text: str):
        self.model, self.tokens = model, tokens
        self.inputs, self.same = tokens.inputs(text)
        T = len(self.inputs[0].ids)
        self.long = T > LONG
        self.changed = [(0, change) for change in model.changes     # a mask of T × T numbers
                        if not self.long or not change.startswith("attention:")]
        self.others = [(n, "") for n in range(1, len(self.inputs))] + self.changed
        pads = [*range(1, 17), *(size - T for size in PADDED if size > T + 16)]
        self.attended = [(0, f"attention:pads={n}") for n in pads if not self.long]
        self._pooled = functools.cache(self._pool)
        self.block = functools.cache(self._block)
        self.dimension = self._pooled(OWN, 0)[0][1].shape[1]        # of the model's own vector

    def _block(self, run, padding, d):
        """The Block of a run (number of the input, change), its vectors cut to `d` numbers.

        `padding`: 0, or the tokens up to which pads are tried that count as tokens.
        """
        number, change = run
        before = tuple(filter(None, (self.inputs[number].cause, change.partition("=")[0])))
        causes, vectors, pooled = [], [torch.empty(0, d)], []
        with contextlib.suppress(ModelFolderError):     # a change that the architecture cannot have
            pooled = self._pooled(run, padding)
        for pooling, rows in pooled:
            rows = layer_norm(rows, rows.shape[1:]) if change == "layer_norm:on" else rows
            for after, finished in self._finish(rows, d):
                causes += [before + pooling + after] * len(finished)
                vectors.append(finished)
        vectors = torch.cat(vectors).numpy()                # not finite: too large for 16 bits
        return Block(causes, vectors) if np.isfinite(vectors).all() else Block([], vectors[:0])

    def _pool(self, run, padding):
        """What pooling makes of the last layer, or of each: list of (causes, rows (n, D) float64).

        With `padding` only means over the text and 1, 2, 3 … pads. Where all pads are alike, in
        RoBERTa's family, which gives them one position, a single one is run.
        """
        (number, change), model = run, self.model
        ids, special = self.inputs[number][1:]
        longest = padding and min(self.tokens.positions, max(padding, len(ids) + MORE_PADS))
        alike = model.shifted and model.kind != "mpnet"     # whose bias is by distance
        reduce = functools.partial(model.pool, special=special, longest=longest)
        made = model.run(ids, reduce, change, every=run == OWN and not self.long,
                         padded=len(ids) + 1 if padding and alike else longest)
        return [((f"layer:{i}",) * (i < len(made) - 1) + (f"pooling:{name}",) * bool(name),
                 rows.double()) for i, layer in enumerate(made) for name, rows in layer.items()
                if not padding or name == "unmasked_mean"]

    def _finish(self, rows, d):
        """What follows pooling: yields (causes, vectors (n, d)) for each way, of rows (n, D).

        They are normalized or not, and cut to `d` numbers after that or before it.
        """
        if d > rows.shape[1]:
            return
        cut = (f"dims:{d}",) if d < rows.shape[1] else ()
        own = self.model.recipe.normalize
        as_it_is, unit = (("normalize:off",), ()) if own else ((), ("normalize:on",))
        yield cut + as_it_is, rows[:, :d]
        yield cut + unit, normalize(rows, dim=-1)[:, :d]
        if cut:
            yield cut + unit, normalize(rows[:, :d], dim=-1)


@functools.lru_cache(maxsize=1)
def kept_passes(folder: str, files: tuple) -> functools._lru_cache_wrapper:
    """Text -> its Passes in a folder that holds these `files`; kept for those who ask again."""
    model = Model(folder)
    tokens = Tokens(folder, model.recipe, model.config)
    return functools.lru_cache(maxsize=2)(functools.partial(Passes, model, tokens))
