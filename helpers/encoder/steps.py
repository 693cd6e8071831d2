"""What follows pooling: Dense modules, normalization, the cut, in the order of modules.json."""
import functools
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from helpers.data import load
from helpers.encoder.weights import map_weights
from helpers.models.files import OTHERWISE, ModelFolderError, damaged, read_options, weights_files
from helpers.models.folder import Recipe
from helpers.pooling import normalize as to_length_one

TANH = "torch.nn.modules.activation.Tanh"       # sentence-transformers' choice if none is named


def read_steps(folder: Path, recipe: Recipe, unit: bool | None, D: int) -> tuple[list, int]:
    """Functions (n, D) -> (n, D') that follow pooling, and the last D'. `unit`: of length 1?

    None: as the recipe says. A cut takes that length away, as in sentence-transformers, but for
    who asks for it.
    """
    steps = [read_dense(folder / inside) if kind == "Dense" else to_length_one
             for kind, inside in recipe.steps]
    if recipe.normalize if unit is None else unit:
        steps.append(to_length_one)
    if recipe.truncate_dim:
        steps.append(lambda vectors: vectors[:, :recipe.truncate_dim])
        steps += [to_length_one] if unit else []
    try:
        return steps, run_steps(steps, torch.empty(0, D)).shape[1]
    except RuntimeError:
        raise ModelFolderError(f"{folder} has a Dense module that takes other numbers than the "
                               f"{D} that pooling gives: it is for another pooling") from None


def run_steps(steps: list[Callable], vectors: torch.Tensor) -> torch.Tensor:
    """All steps, one after the other: (n, D) -> (n, D')."""
    return functools.reduce(lambda x, step: step(x), steps, vectors)


def read_dense(folder: Path) -> nn.Module:
    """A Dense module: (n, in) -> (n, out), in float32."""
    path = folder / "config.json"
    config = read_options(path, "Dense")
    named = str(config.get("activation_function", TANH))
    home, _, name = named.rpartition(".")
    if not home.startswith("torch.nn.") or name not in load("options.json")["activations"]:
        raise ModelFolderError(f"{path} says activation_function = {named!r}, which is not "
                               f"supported here. {OTHERWISE}")
    n_in, n_out = config.get("in_features") or 1, config.get("out_features") or 1
    linear = nn.Linear(n_in, n_out, bool(config.get("bias", True)))
    state = map_weights(weights_files(folder))
    try:
        linear.load_state_dict({name.removeprefix("linear."): state[name] for name in state})
    except RuntimeError:
        raise damaged(path, "asks for other numbers than the weights beside it are") from None
    return nn.Sequential(linear, getattr(nn, name)()).requires_grad_(False)
