"""Runs a model in its own way and in other programs' ways: the engine of `diagnose`."""
import contextlib
import functools
import pathlib

import torch
from transformers.activations import GELUActivation

from helpers.diagnosis.catalogue import Tokens
from helpers.diagnosis.rounding import HALVES
from helpers.encoder.tokenizer import load_tokenizer
from helpers.encoder.weights import load_model
from helpers.models.folder import read_json, read_recipe, shifts_positions, usable_positions


class Model:
    """A model's folder, loaded: its recipe, its tokens, its pass with one thing different."""

    def __init__(self, folder):
        self.recipe = read_recipe(folder)
        self.config = read_json(f"{folder}/config.json")
        self.positions = usable_positions(self.config)
        tokenizer = load_tokenizer(folder, self.recipe)
        self.tokens = Tokens(folder, self.recipe, tokenizer, self.positions)
        self.module = load_model(folder, "cpu", torch.float32)
        self.shifted = shifts_positions(self.config.get("model_type", ""))
        self.gelu = self.config.get("hidden_act") == "gelu"
        self.dimension = self.module.config.hidden_size * len(self.recipe.pooling)
        self._half = functools.lru_cache(maxsize=1)(                    # 1.1 GB each, of bge-m3
            lambda change: load_model(folder, "cpu", HALVES[change]))

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
        extra = {}
        if change == "positions:unshifted":
            extra["position_ids"] = places.where(mask, torch.tensor(pad))
        with self._changed(change) as module:
            out = module(input_ids=row, attention_mask=mask.long(), output_hidden_states=True,
                         **extra)
            hidden = torch.cat(out.hidden_states)                                   # (L+1, T, D)
            pooler = getattr(module, "pooler", None)
            return hidden.float(), pooler(hidden).float() if callable(pooler) else None

    def _changed(self, change):
        """The module with one change made, as a context at whose end it is undone."""
        if change == "gelu:tanh":
            return tanh_gelu(self.module)
        return contextlib.nullcontext(self._half(change) if change in HALVES else self.module)


@contextlib.contextmanager
def tanh_gelu(module: torch.nn.Module):
    """The module with the tanh form of GELU instead of the exact one, until the block ends."""
    places = [(parent, name, child) for parent in module.modules()
              for name, child in parent.named_children() if isinstance(child, GELUActivation)]
    try:
        for parent, name, _ in places:
            setattr(parent, name, torch.nn.GELU(approximate="tanh"))
        yield module
    finally:
        for parent, name, exact in places:
            setattr(parent, name, exact)


@functools.lru_cache(maxsize=1)
def kept_model(folder: str, changed: int) -> Model:
    """The Model in a folder that changed last at `changed`; kept for those who ask again."""
    return Model(folder)


def last_change(folder: str) -> int:
    """When a file of a folder changed last, in nanoseconds."""
    return max(path.stat().st_mtime_ns for path in pathlib.Path(folder).rglob("*"))
