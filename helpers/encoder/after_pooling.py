"""What follows pooling, as modules.json lists it: Dense layers, normalization, fewer numbers."""
from pathlib import Path

import torch
from torch import Tensor

from helpers.models.files import ModelFolderError
from helpers.models.folder import Recipe
from helpers.pooling import normalize as to_length_one


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


def read_dense(folder: Path, size: int) -> torch.nn.Sequential:
    """A Dense layer that takes `size` numbers, as sentence-transformers loads it: (n, size) -> …"""
    from sentence_transformers.models import Dense  # here: its import takes seconds
    try:
        layer = Dense.load(str(folder))
        if not layer.in_features == layer.linear.in_features == size:
            raise ValueError(f"it takes {layer.in_features} numbers and gets {size}")
    except Exception as error:              # of many kinds, from several libraries
        raise ModelFolderError(f"the Dense layer in {folder} cannot be used: {error}") from None
    return torch.nn.Sequential(layer.linear, layer.activation_function).requires_grad_(False)
