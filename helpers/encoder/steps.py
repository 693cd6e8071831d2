"""What follows pooling: Dense modules, normalization, the cut, in the order of modules.json."""
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.data import load
from helpers.encoder.weights import map_weights
from helpers.models.files import OTHERWISE, ModelFolderError, read_options, weights_files
from helpers.models.folder import Recipe
from helpers.pooling import normalize as to_length_one

TANH = "torch.nn.modules.activation.Tanh"       # sentence-transformers' choice if none is named


def read_steps(folder: Path, recipe: Recipe, unit: bool | None, D: int) -> tuple[list, int]:
    """The functions (n, D) -> (n, D') that follow pooling, and how many numbers the last one gives.

    `unit`: does Normalize end them? None: as the recipe says; True: after a cut, too.
    """
    steps = []
    for kind, inside in recipe.steps:
        if kind == "Dense":
            dense, n_in, n_out = read_dense(folder / inside)
            if n_in != D:
                raise ModelFolderError(f"{folder / inside} takes {n_in} numbers and gets {D}: "
                                       "another model's, or for another pooling")
            D = n_out
        steps.append(dense if kind == "Dense" else to_length_one)
    if recipe.normalize if unit is None else unit:
        steps.append(to_length_one)
    if recipe.truncate_dim and recipe.truncate_dim < D:
        D = recipe.truncate_dim
        steps += [lambda vectors: vectors[:, :D]] + [to_length_one] * bool(unit)
    return steps, D


def read_dense(folder: Path) -> tuple[Callable[[Tensor], Tensor], int, int]:
    """A Dense module: a function (n, in) -> (n, out), its in, its out. In float32."""
    config = read_options(folder / "config.json", "Dense")
    n_in, n_out, adds = map(config.get, ("in_features", "out_features", "use_residual"))
    state = {name: tensor.to(torch.float32, copy=True)
             for name, tensor in map_weights(weights_files(folder)).items()}
    right = {"linear.weight": (n_out, n_in)}
    if config.get("bias", True):
        right["linear.bias"] = (n_out,)
    if adds and n_in != n_out:
        right["residual.weight"] = (n_out, n_in)
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    if shapes != right:
        raise ModelFolderError(f"the weights in {folder} are {shapes}, its config.json asks for "
                               f"{right}: another model's. Download the model again")
    named = config.get("activation_function", TANH)
    home, _, name = str(named).rpartition(".")
    if not home.startswith("torch.nn.") or name not in load("options.json")["activations"]:
        raise ModelFolderError(f"{folder / 'config.json'} says activation_function = {named!r}, "
                               f"which is not supported here. {OTHERWISE}")
    activation = getattr(nn, name)()

    def dense(x: Tensor) -> Tensor:
        out = activation(F.linear(x, state["linear.weight"], state.get("linear.bias")))
        if not adds:
            return out
        return out + (F.linear(x, state["residual.weight"]) if n_in != n_out else x)
    return dense, n_in, n_out
