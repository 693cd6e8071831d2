"""What follows pooling, as modules.json lists it: Dense layers, normalization, fewer numbers."""
from pathlib import Path

import torch
from torch import Tensor, nn

from helpers.encoder.weights import map_weights
from helpers.models.files import OTHERWISE, ModelFolderError, damaged, read_json, weights_files
from helpers.models.folder import Recipe
from helpers.pooling import normalize as to_length_one

ACTIVATIONS = ("torch.nn.modules.activation", "torch.nn.modules.linear")    # the latter: Identity
TANH = "torch.nn.modules.activation.Tanh"       # where a Dense names none


class AfterPooling:
    """Called with pooled vectors, (n, P) float32, it gives the model's: -> (n, `dimension`)."""

    def __init__(self, folder: Path, recipe: Recipe, normalize: bool, size: int) -> None:
        self.steps = []
        for place in recipe.between:
            self.steps.append(read_dense(folder / place, size) if place else to_length_one)
            size = self.steps[-1][0].out_features if place else size
        self.steps += [to_length_one] if normalize else []
        self.dimension = min(size, recipe.dimensions or size)

    @torch.inference_mode()
    def __call__(self, vectors: Tensor) -> Tensor:
        for step in self.steps:
            vectors = step(vectors)
        return vectors[:, :self.dimension]


def read_dense(folder: Path, size: int) -> nn.Sequential:
    """A Dense layer that takes `size` numbers: (n, size) -> (n, out_features), in float32."""
    path, files = folder / "config.json", weights_files(folder)
    config = read_json(path)
    name = config.get("activation_function", TANH)
    kind = getattr(nn, name.rpartition(".")[2], None)
    if not name.startswith("torch.nn.") or getattr(kind, "__module__", "") not in ACTIVATIONS:
        raise ModelFolderError(f"{path} asks for activation_function = {name!r}, which is not "
                               f"supported here. {OTHERWISE}")
    shape = config.get("in_features"), config.get("out_features")
    if shape[0] != size:
        raise damaged(path, f"says in_features = {shape[0]}, but gets {size} numbers")
    linear = nn.utils.skip_init(nn.Linear, *shape, config.get("bias", True))
    try:
        linear.load_state_dict({name.removeprefix("linear."): tensor
                                for name, tensor in map_weights(files).items()})
    except RuntimeError:
        raise ModelFolderError(f"the weights in {folder} are not those of the layer that its "
                               "config.json describes. Download the model again") from None
    return nn.Sequential(linear, kind()).requires_grad_(False)
