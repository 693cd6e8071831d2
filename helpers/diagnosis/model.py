"""A model's pass with one thing done differently inside it: what `diagnose` runs."""
import contextlib
import functools
from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map_only
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
        if more := self.recipe.more:
            raise ModelFolderError(f"{folder} asks for {', '.join(more)}, which diagnose does not "
                                   "do. Use trace, with both programs")
        self.config = read_json(f"{folder}/config.json")
        self.kind = self.config.get("model_type", "")
        self.module = load_model(folder, "cpu", torch.float32)
        self.shifted = first_position(self.config) > 0
        self.activation = next(filter(None, map(self.config.get, ACTIVATIONS)), None)
        causal = any(getattr(part, "is_causal", False) for part in self.module.modules())
        possible = {"gelu:tanh": self.activation == "gelu", "positions:unshifted": self.shifted,
                    "segments:1": self.config.get("type_vocab_size", 0) > 1,
                    "attention:bidirectional": causal, "attention:causal": not causal,
                    "layer_norm:on": True}      # after the pass: done in runs.py
        self.changes = [change for change, can_be in possible.items() if can_be]
        self._half = functools.lru_cache(maxsize=1)(                    # 1.1 GB each, of bge-m3
            lambda half: load_model(folder, "cpu", HALVES[half]))

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
        module = self._half(cause) if cause in HALVES and how != "autocast" else self.module
        with inside(module, cause, how):
            try:
                out = module(**given, output_hidden_states=every)
            except Exception as error:                      # of many kinds, from the library
                why = str(error).partition("\n")[0]
                raise ModelFolderError(f"{self.folder}: {self.kind} does not run on the ids of one "
                                       f"text alone ({why}). Use trace") from None
            found = out.get("hidden_states") or out.get("decoder_hidden_states") or ()
            return [reduce(hidden, module) for hidden in (*found[:-1], out.last_hidden_state)]

    def pool(self, hidden: torch.Tensor, module: Any, special: tuple) -> dict[str, torch.Tensor]:
        """Every pooling of a hidden state (1, T, D): {its name: (1, D)}, "" for the model's own.

        `special`: of 0 and 1, is it a special token? What the hidden state has more, are pads.
        """
        whole, special = hidden, torch.tensor(special)
        hidden = hidden[:, :len(special)].float()                                   # (1, T, D)
        mask = torch.ones(hidden.shape[:2], dtype=torch.long)                       # (1, T)
        made = {name: function(hidden, mask) for name, function in POOLINGS.items()}
        places = torch.arange(1, hidden.shape[1] + 1)[:, None]                      # (T, 1)
        made.setdefault("weighted_mean", (hidden * places).sum(dim=1) / places.sum())
        own = self.recipe.pooling
        made = {"": torch.cat([made[name] for name in own], dim=-1), **made}
        if len(own) == 1:
            del made[own[0]]
        if special.any() and not special.all():
            made["mean_without_special"] = mean_pool(hidden, mask * (1 - special))
        if whole.shape[1] > hidden.shape[1]:
            made["unmasked_mean"] = whole.float().mean(dim=1)
        if callable(pooler := getattr(module, "pooler", None)):
            pooled = pooler(whole)
            made["pooler_output"] = (pooled if pooled.dim() == 2            # else it is ALBERT's
                                     else module.pooler_activation(pooled[:, 0])).float()
        return made


def inside(module: torch.nn.Module, cause: str, how: str) -> contextlib.AbstractContextManager:
    """A context in which a module computes as `cause` says, and `how`."""
    if how == "autocast":
        return torch.autocast("cpu", dtype=HALVES[cause])
    if how == "weights":
        return Widened()
    return tanh_gelu(module) if cause == "gelu:tanh" else contextlib.nullcontext()


class Widened(TorchFunctionMode):
    """A context in which all is computed in float32, with weights of 16 bits, too."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function is not torch.nn.functional.embedding:           # it picks rows of a large table
            args, kwargs = tree_map_only(
                torch.Tensor, lambda x: x.float() if x.dtype in HALVES.values() else x,
                (args, kwargs or {}))
        return function(*args, **(kwargs or {}))


def tanh_gelu(module: torch.nn.Module) -> contextlib.ExitStack:
    """A context in which the module's GELUs give the tanh form instead of the exact one."""
    tanh, hooks = torch.nn.GELU(approximate="tanh"), contextlib.ExitStack()
    for part in module.modules():
        if isinstance(part, GELUActivation):
            hooks.enter_context(part.register_forward_hook(lambda _, given, exact: tanh(*given)))
    return hooks
