"""A model run in every known way, and the vectors that come out: what `diagnose` searches.

An explanation is a set of causes: at most one difference before or inside the model (`text:lower`,
`layer:5`), and any pooling and normalization after it, which cost nothing once the model has run.
"""
import contextlib
import functools
import os
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import normalize
from transformers.activations import GELUActivation

from helpers.diagnosis.catalogue import Tokens
from helpers.diagnosis.rounding import HALVES
from helpers.encoder.weights import load_model
from helpers.models.folder import read_json, read_recipe, shifts_positions, usable_positions
from helpers.pooling import POOLINGS, mean_pool

OWN = (0, "")       # the model's own run: the first input, no change inside the model
MORE_PADS = 32      # pads that are tried after a text longer than the padding asked for


class Model:
    """A model's folder, loaded: its recipe, its tokens, its pass with one thing different."""

    def __init__(self, folder):
        self.recipe = read_recipe(folder)
        folder = os.path.join(folder, self.recipe.transformer)
        self.config = read_json(f"{folder}/config.json")
        self.positions = usable_positions(self.config)
        self.tokens = Tokens(folder, self.recipe, self.positions)
        self.module = load_model(folder, "cpu", torch.float32)
        self.shifted = shifts_positions(self.config.get("model_type", ""))
        self.activation = self.config.get("hidden_act")
        self.dimension = self.module.config.hidden_size * len(self.recipe.pooling)
        self._half = functools.lru_cache(maxsize=1)(                    # 1.1 GB each, of bge-m3
            lambda change: load_model(folder, "cpu", HALVES[change]))
        self.passes = functools.lru_cache(maxsize=2)(                   # for a text's next vector
            lambda text: Passes(self, text))

    @torch.inference_mode()
    def run(self, ids: tuple, change: str = "", padded: int = 0):
        """Hidden states of every layer (L+1, T, D), and the pooler's of each (L+1, D) or None.

        `change`: "", "gelu:tanh", "positions:unshifted" or a key of HALVES. `padded`: pad to this
        many tokens; attention does not see the pads, but their states are returned with the rest.
        """
        pad = self.config.get("pad_token_id") or 0
        row = torch.tensor([[*ids] + [pad] * (padded - len(ids))])                  # (1, T)
        places = torch.arange(row.shape[1])[None]                                   # (1, T)
        mask = places < len(ids)                                                    # (1, T)
        given = {"input_ids": row, "attention_mask": mask.long()}
        if change == "positions:unshifted":
            given["position_ids"] = places.where(mask, pad)
        module = self._half(change) if change in HALVES else self.module
        with tanh_gelu(module) if change == "gelu:tanh" else contextlib.nullcontext():
            out = module(**given, output_hidden_states=True)
            hidden = torch.cat(out.hidden_states)                                   # (L+1, T, D)
            pooler = getattr(module, "pooler", None)
            return hidden.float(), pooler(hidden).float() if callable(pooler) else None


def tanh_gelu(module: torch.nn.Module) -> contextlib.ExitStack:
    """A context in which the module's GELUs give the tanh form instead of the exact one."""
    tanh, hooks = torch.nn.GELU(approximate="tanh"), contextlib.ExitStack()
    for part in module.modules():
        if isinstance(part, GELUActivation):
            hooks.enter_context(part.register_forward_hook(lambda _, given, exact: tanh(*given)))
    return hooks


class Block(NamedTuple):
    """Explanations and the vectors that they give."""
    causes: list            # N tuples of causes
    vectors: np.ndarray     # (N, d) float64


class Passes:
    """What a model gives for one text in every known way; each pass is run when first asked for."""

    def __init__(self, model: Model, text: str):
        self.model = model
        self.inputs, self.same = model.tokens.inputs(text)
        possible = {"gelu:tanh": model.activation == "gelu", "positions:unshifted": model.shifted}
        self.changed = [(0, change) for change, can_be in possible.items() if can_be]
        self.others = [(n, "") for n in range(1, len(self.inputs))] + self.changed
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
            pooled["mean_without_special"] = mean_pool(hidden, mask * (1 - special))
        if pooler is not None:
            pooled["pooler_output"] = pooler
        return [layers(run, rows.double(), name) for name, rows in pooled.items()]

    def _padded(self, run, padding):
        """Means over the text and 1, 2, 3 … pads, as if they were tokens: as `_pool`, by layers."""
        number, change = run
        ids, shifted = self.inputs[number].ids, self.model.shifted
        longest = min(self.model.positions, max(padding, len(ids) + MORE_PADS))
        hidden, _ = self.model.run(ids, change, len(ids) + 1 if shifted else longest)
        hidden = hidden if run == OWN else hidden[-1:]                              # (L+1, T, D)
        text, pads = hidden.double().split([len(ids), hidden.shape[1] - len(ids)], dim=1)
        if shifted:             # every pad has the same position, so that one stands for all
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


@functools.lru_cache(maxsize=1)
def kept_model(folder: str, changed: int) -> Model:
    """The Model in a folder that changed last at `changed`; kept for those who ask again."""
    return Model(folder)
