"""A model's pass with one thing done differently inside it: what `diagnose` runs."""
import contextlib
import copy
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers.activations import GELUActivation

from helpers.diagnosis.rounding import HALVES
from helpers.encoder.weights import load_model
from helpers.models.files import ModelFolderError, read_json
from helpers.models.folder import first_position, read_recipe
from helpers.pooling import POOLINGS, mean_pool

ACTIVATIONS = ("hidden_act", "activation", "activation_function", "hidden_activation")


class Model:
    """A model's folder, loaded: its recipe, and its pass in every known way."""

    def __init__(self, folder):
        self.folder, self.recipe = folder, read_recipe(folder)
        if more := sorted(self.recipe.more.keys() - {"transformer"}):
            raise ModelFolderError(f"{folder} asks for {', '.join(more)}, which diagnose does not "
                                   "do. Use trace, with both programs")
        self.home = Path(folder, self.recipe.more.get("transformer", ""))
        self.config = read_json(self.home / "config.json")
        self.kind = self.config.get("model_type", "")
        self.module = load_model(self.home, "cpu", torch.float32)
        self.shifted = first_position(self.config) > 0
        self.activation = next(filter(None, map(self.config.get, ACTIVATIONS)), None)
        causal = any(getattr(part, "is_causal", False) for part in self.module.modules())
        possible = {"gelu:tanh": self.activation == "gelu", "positions:unshifted": self.shifted,
                    "segments:1": self.config.get("type_vocab_size", 0) > 1,
                    "attention:bidirectional": causal, "attention:causal": not causal,
                    "layer_norm:on": True}      # after the pass: done in runs.py
        self.changes = [change for change, can_be in possible.items() if can_be]
        self._half = functools.lru_cache(maxsize=1)(                    # 1.1 GB each, of bge-m3
            lambda half: load_model(self.home, "cpu", HALVES[half]))

    @torch.inference_mode()
    def run(self, ids: tuple, reduce: Callable, change: str = "", padded: int = 0,
            every: bool = False) -> list:
        """`reduce(hidden state (1, T, D), module)` of the last layer, or of `every` one.

        `change`: what is done differently; the embeddings' output is the first of every. `padded`:
        to how many tokens; attention does not see the pads, but they stand in the hidden state.
        Raises ModelFolderError for an architecture, or a change in it, that does not run.
        """
        cause, _, how = change.partition("=")
        seen = len(ids) + int(how) if cause == "attention:pads" else len(ids)
        pad = self.config.get("pad_token_id") or 0
        row = torch.tensor([[*ids] + [pad] * (max(padded, seen) - len(ids))])       # (1, T)
        places = torch.arange(row.shape[1])[None]                                   # (1, T)
        mask = places < seen                                                        # (1, T)
        given = {"input_ids": row, "attention_mask": mask.long()}
        if cause == "positions:unshifted":
            given["position_ids"] = places.where(mask, pad)
        if cause == "segments:1":
            given["token_type_ids"] = torch.ones_like(row)
        if cause in ("attention:bidirectional", "attention:causal"):
            far = torch.full((1, 1, row.shape[1], row.shape[1]), torch.finfo(torch.float32).min)
            given["attention_mask"] = far.triu(1) if cause == "attention:causal" else far.zero_()
        module = self.module if cause not in HALVES or how == "autocast" else self._half(cause)
        module = copy.deepcopy(module).float() if how == "weights" else module
        with (torch.autocast("cpu", HALVES.get(cause), enabled=how == "autocast"),
              tanh_gelu(module) if cause == "gelu:tanh" else contextlib.nullcontext()):
            try:
                out = module(**given, output_hidden_states=every)
                found = (*(out.get("hidden_states") or [])[:-1], out.last_hidden_state)
                return [reduce(hidden, module) for hidden in found]
            except Exception as error:                      # of many kinds, from the library
                why = str(error).partition("\n")[0]
                raise ModelFolderError(f"{self.folder}: {self.kind} does not give a vector for "
                                       f"each id of one text alone ({why}). Use trace") from None

    def pool(self, hidden: torch.Tensor, module: Any, special: tuple,
             longest: int = 0) -> dict[str, torch.Tensor]:
        """Every pooling of a hidden state (1, T, D): {its name: (1, D)}, "" for the model's own.

        `special`: of 0 and 1, is it a special token? What the hidden state has more, are pads: its
        unmasked means, (n, D), count 1, 2, 3 … of them, a single one as often as `longest` asks.
        """
        whole, own, T, special = hidden, self.recipe.pooling, len(special), torch.tensor(special)
        hidden, pads = whole.split([T, whole.shape[1] - T], dim=1)          # (1, T, D), (1, n, D)
        hidden = hidden.float()
        mask = torch.ones(hidden.shape[:2], dtype=torch.long)                       # (1, T)
        made = {name: function(hidden, mask) for name, function in POOLINGS.items()}
        made = {"": torch.cat([made[name] for name in own], dim=-1), **made}
        if len(own) == 1:
            del made[own[0]]
        places = torch.arange(1., T + 1)                                            # (T,)
        made["weighted_mean"] = places @ hidden / places.sum()                      # (1, D)
        if special.any() and not special.all():
            made["mean_without_special"] = mean_pool(hidden, mask * (1 - special))
        if pads.shape[1]:
            pads = pads.double().expand(-1, max(longest - T, pads.shape[1]), -1)    # (1, n, D)
            sums = hidden.double().sum(dim=1) + pads[0].cumsum(dim=0)               # (n, D)
            made["unmasked_mean"] = sums / torch.arange(T + 1, T + 1 + len(sums))[:, None]
        if callable(pooler := getattr(module, "pooler", None)):
            pooled = pooler(whole)
            linear = pooled.dim() == 3                      # ALBERT's, BigBird's: without its tanh
            made["pooler_output"] = (pooled[:, 0].tanh() if linear else pooled).float()
        return made


def tanh_gelu(module: torch.nn.Module) -> contextlib.ExitStack:
    """A context in which the module's GELUs give the tanh form instead of the exact one."""
    tanh, hooks = torch.nn.GELU(approximate="tanh"), contextlib.ExitStack()
    for part in module.modules():
        if isinstance(part, GELUActivation):
            hooks.enter_context(part.register_forward_hook(lambda _, given, exact: tanh(*given)))
    return hooks
