"""Runs a model in its own way and in other programs' ways, and pools what comes out: the engine of `diagnose`."""
import contextlib
import functools
import pathlib

import numpy as np
import torch
from transformers.activations import GELUActivation

from helpers.diagnosis.catalogue import Tokens
from helpers.encoder.tokenizer import load_tokenizer
from helpers.encoder.weights import load_model
from helpers.models.folder import read_json, read_recipe, shifts_positions, usable_positions
from helpers.pooling import POOLINGS, mean_pool

HALVES = {"precision:fp16": torch.float16, "precision:bf16": torch.bfloat16}


class Model:
    """A model's folder, loaded: its recipe, its tokens, its forward pass with one thing done differently."""

    def __init__(self, folder):
        self.folder, self.recipe = folder, read_recipe(folder)
        self.config = read_json(f"{folder}/config.json")
        self.positions = usable_positions(self.config)
        self.tokenizer = load_tokenizer(folder, self.recipe)
        self.tokens = Tokens(folder, self.recipe, self.tokenizer, self.positions)
        self.module = load_model(folder, "cpu", torch.float32)
        self.shifted = shifts_positions(self.config.get("model_type", ""))
        self.gelu = self.config.get("hidden_act") == "gelu"
        self._half = functools.lru_cache(maxsize=1)(self._load_half)        # of bge-m3, each takes 1.1 GB
        self.dimension = self.module.config.hidden_size * len(self.recipe.pooling)

    @torch.inference_mode()
    def run(self, ids, change="", padded=0):
        """Hidden states of every layer (L+1, T, D), and the pooler's output on each (L+1, D) or None.

        `change`: "", "gelu:tanh", "positions:unshifted", "precision:fp16", "precision:bf16". `padded`: pad to this
        many tokens; the pads are masked in attention, and their hidden states are returned with the rest.
        """
        pad = self.config.get("pad_token_id") or 0
        row = torch.tensor([list(ids) + [pad] * (padded - len(ids))])                           # (1, T)
        mask = (torch.arange(row.shape[1]) < len(ids)).long()[None]                             # (1, T)
        places = torch.where(mask == 1, torch.arange(row.shape[1]), pad)                        # (1, T) from 0
        extra = {"position_ids": places} if change == "positions:unshifted" else {}
        with self._changed(change) as module:
            out = module(input_ids=row, attention_mask=mask, output_hidden_states=True, **extra)
            hidden = torch.cat(out.hidden_states)                                               # (L+1, T, D)
            pooler = getattr(module, "pooler", None)
            return hidden.float(), pooler(hidden).float() if callable(pooler) else None

    @contextlib.contextmanager
    def _changed(self, change):
        """The module with one change made, undone at the end."""
        places = []
        if change == "gelu:tanh":
            places = [(parent, name, child) for parent in self.module.modules()
                      for name, child in parent.named_children() if isinstance(child, GELUActivation)]
        try:
            for parent, name, _ in places:
                setattr(parent, name, torch.nn.GELU(approximate="tanh"))
            yield self._half(change) if change.startswith("precision:") else self.module
        finally:
            for parent, name, child in places:
                setattr(parent, name, child)

    def _load_half(self, change):
        return load_model(self.folder, "cpu", HALVES[change])


@functools.lru_cache(maxsize=1)
def load(folder, stamp):
    """The Model in a folder as it was at `stamp`; the latest one is kept, for people who ask about several vectors."""
    return Model(folder)


def stamp(folder):
    """The time, in nanoseconds, at which a file of a folder last changed."""
    return max(path.stat().st_mtime_ns for path in pathlib.Path(folder).rglob("*"))


def pool(hidden, special, pooler, own):
    """Every pooling of every layer: {name: (L+1, D) float64}; "" is the model's own.

    `hidden`: (L+1, T, D). `special`: T bools. `pooler`: (L+1, D) or None. `own`: the model's poolings, side by side.
    """
    everything = torch.ones(hidden.shape[:2], dtype=torch.long)                                 # (L+1, T)
    pooled = {name: function(hidden, everything) for name, function in POOLINGS.items()}
    pooled = {"": torch.cat([pooled[name] for name in own], dim=-1), **pooled}
    if len(own) == 1:
        del pooled[own[0]]
    if any(special) and not all(special):
        words = everything * ~torch.tensor(special)                                             # (L+1, T)
        pooled["mean_without_special"] = mean_pool(hidden, words)
    if pooler is not None:
        pooled["pooler_output"] = pooler
    return {name: vectors.double().numpy() for name, vectors in pooled.items()}


def unmasked_means(hidden, length, shifted, longest):
    """Means over a text of `length` tokens and 1, 2, 3 … pads, as if pads were tokens: -> (n, L+1, D) float64.

    `hidden`: (L+1, T, D) of the padded text. `shifted`: every pad has the same position (XLM-R), so that all pads
    of a layer are alike and one of them stands for any number up to `longest` tokens.
    """
    hidden = hidden.double()
    pads = hidden[:, length:]                                                                   # (L+1, P, D)
    if shifted:
        pads = pads[:, :1].expand(-1, longest - length, -1)
    totals = hidden[:, :length].sum(dim=1, keepdim=True) + pads.cumsum(dim=1)                   # (L+1, P, D)
    counts = length + torch.arange(1, pads.shape[1] + 1).double()                               # (P,)
    return (totals / counts[:, None]).transpose(0, 1).numpy()


def to_length_one(vectors):
    """Each row (N, D) divided by its length; a row of zeros stays."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
